// An interface as packet sockets name it.
#ifndef LIVE_LINK_H
#define LIVE_LINK_H

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include "fail.h"

static struct sockaddr_ll link_address(const char *link, uint16_t protocol) {
  unsigned index = if_nametoindex(link);
  if (index == 0) fail("no such interface");
  return (struct sockaddr_ll){.sll_family = AF_PACKET, .sll_protocol = htons(protocol), .sll_ifindex = (int)index};
}

#endif
