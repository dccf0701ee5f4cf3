// Names of the link types a capture file may announce; only Ethernet is taken.
// Numbers and names: the LINKTYPE registry of tcpdump.org.

export const linkTypeEthernet = 1;

const nameByLinkType: Record<number, string> = {
  0: 'NULL, BSD loopback',
  6: 'IEEE 802.5 Token Ring',
  7: 'ARCNET',
  8: 'SLIP',
  9: 'PPP-HDLC',
  10: 'FDDI',
  12: 'raw IP',
  14: 'raw IP',
  50: 'PPP-HDLC',
  51: 'PPPoE',
  101: 'raw IP',
  104: 'Cisco HDLC',
  105: 'IEEE 802.11',
  107: 'Frame Relay',
  108: 'OpenBSD loopback',
  113: 'Linux cooked',
  117: 'OpenBSD PF log',
  119: 'IEEE 802.11 with Prism header',
  127: 'IEEE 802.11 with radiotap header',
  147: 'private use 0',
  187: 'Bluetooth HCI H4',
  189: 'USB, Linux',
  192: 'PPI',
  195: 'IEEE 802.15.4',
  219: 'MPLS',
  220: 'USB, Linux, mmapped',
  226: 'Solaris ipnet',
  227: 'CAN, SocketCAN',
  228: 'raw IPv4',
  229: 'raw IPv6',
  239: 'Linux NFLOG',
  249: 'USBPcap',
  253: 'Netlink',
  274: 'Ethernet with mPacket preamble',
  276: 'Linux cooked v2',
};

/** `link type 9 (PPP-HDLC) is not Ethernet` */
export function notEthernet(linkType: number): string {
  const name = nameByLinkType[linkType];
  return `link type ${linkType}${name === undefined ? '' : ` (${name})`} is not Ethernet`;
}
