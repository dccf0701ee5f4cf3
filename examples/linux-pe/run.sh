#!/usr/bin/env bash
# Interworking with Linux's own MPLS: shimline as PE1 and P, a Linux kernel with mpls_router, mpls_iptunnel and vrf as the
# far PE, in a virtual machine without hardware support (qemu, TCG). Builds it, checks it and removes it again.
#
# Root on Debian, with qemu-system-x86, busybox-static, cpio, iproute2, iputils-ping and curl. The kernel is that of
# linux-image-cloud-amd64: its package is fetched with apt-get, and not installed. Or KERNEL and MODULES say where one is.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lab=${LAB:-linuxpe}
work=$(mktemp -d "/tmp/$lab-XXXXXX")
failures=0

say() { printf '%s\n' "$*" >&2; }
at() { ip netns exec "$lab-$1" "${@:2}"; }

shimline() {
  if [[ -n ${SHIMLINE:-} ]]; then echo "$SHIMLINE"
  elif [[ -e $here/../../dist/cli/main.js ]]; then echo "node $here/../../dist/cli/main.js"
  else echo "$here/../../node_modules/.bin/tsx $here/../../src/cli/main.ts"; fi
}

down() {
  local name pid
  jobs -p | xargs -r disown 2> /dev/null || true
  for name in ce pe1 p; do
    for pid in $(ip netns pids "$lab-$name" 2> /dev/null); do kill -9 "$pid" 2> /dev/null || true; done
    ip netns delete "$lab-$name" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap down EXIT

kernel() {
  [[ -z ${KERNEL:-} ]] || return 0
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ {print $2; exit}')
  say "fetching $package"
  (cd "$work" && apt-get download -qq "$package" 2> /dev/null && dpkg-deb -x "$package"_*.deb kernel)
  KERNEL=$(echo "$work"/kernel/boot/vmlinuz-*)
  MODULES=$(echo "$work"/kernel/lib/modules/*/kernel)
}

# busybox, iproute2 with its libraries, the modules, and init.
initramfs() {
  local root=$work/root module library
  mkdir -p "$root"/{bin,proc,sys,dev,modules,etc,www}
  cp "$(command -v busybox)" "$root/bin/busybox"
  cp "$(command -v ip)" "$root/bin/iproute2"
  for library in $(ldd "$(command -v ip)" | grep -o '/[^ ]*'); do install -D "$library" "$root$library"; done
  for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net ip_tunnel mpls_router mpls_iptunnel dummy vrf; do
    find "$MODULES" -name "$module.ko" -exec cp {} "$root/modules/" \;
  done
  install -m 755 "$here/init" "$root/init"
  (cd "$root" && find . | cpio --quiet -o -H newc | gzip -1) > "$work/initramfs"
}

cable() {
  ip link add name "$2" netns "$lab-$1" mtu 1508 type veth peer name "$4" netns "$lab-$3" mtu 1508
  ip -n "$lab-$1" link set dev "$2" up
  ip -n "$lab-$3" link set dev "$4" up
}

network() {
  local name
  for name in ce pe1 p; do
    ip netns add "$lab-$name"
    ip -n "$lab-$name" link set dev lo up
  done
  for name in pe1 p; do at "$name" sh -c 'for f in /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6; do echo 1 > $f; done' 2> /dev/null || true; done
  cable pe1 core p to-pe1
  cable ce uplink pe1 ce
  ip -n "$lab-ce" link set dev uplink mtu 1500
  at ce sh -c 'echo 0 > /proc/sys/net/ipv6/conf/uplink/accept_dad'
  ip -n "$lab-ce" addr add 10.1.0.2/24 dev uplink
  ip -n "$lab-ce" addr add 2001:db8:a1::2/64 dev uplink nodad
  ip -n "$lab-ce" route add default via 10.1.0.1
  ip -n "$lab-ce" route add default via 2001:db8:a1::1
  # The port of P is one end of a bridge, so to say: the other is the virtual machine's card.
  ip -n "$lab-p" tuntap add dev vm mode tap
  ip -n "$lab-p" link set dev vm up mtu 1508
  ip link add name to-linux netns "$lab-p" mtu 1508 type veth peer name to-vm netns "$lab-p" mtu 1508
  ip -n "$lab-p" link add name wire mtu 1508 type bridge
  ip -n "$lab-p" link set dev to-vm up master wire
  ip -n "$lab-p" link set dev vm master wire
  ip -n "$lab-p" link set dev wire up
  ip -n "$lab-p" link set dev to-linux up
}

start() {
  local name
  for name in pe1 p; do
    # shellcheck disable=SC2046
    ip netns exec "$lab-$name" $(shimline) run -c "$here/$name.yaml" --api none --json --log-format json > "$work/$name.json" 2> "$work/$name.log" &
    echo $! > "$work/$name.pid"
  done
  local gateway
  gateway=$(at p cat /sys/class/net/to-linux/address)
  ip netns exec "$lab-p" qemu-system-x86_64 -M pc -accel tcg,thread=multi -cpu qemu64 -m 512 -nodefaults -no-reboot \
    -display none -serial "file:$work/console" -kernel "$KERNEL" -initrd "$work/initramfs" \
    -append "console=ttyS0 panic=-1 quiet gateway=$gateway" \
    -netdev tap,id=net,ifname=vm,script=no,downscript=no -device virtio-net-pci,netdev=net,mac=02:00:00:00:02:02 &
  local tries=900
  until grep -q 'linux-pe: ready' "$work/console" 2> /dev/null && grep -q '"ready"' "$work/pe1.log" && grep -q '"ready"' "$work/p.log"; do
    ((tries-- > 0)) || { say 'it does not start:'; tail -n 30 "$work/console" "$work"/*.log >&2; exit 1; }
    sleep 0.1
  done
}

expect() {
  local what=$1 pattern=$2 out
  shift 2
  out=$("$@" 2>&1) || true
  if grep -Eq -- "$pattern" <<< "$out"; then say "ok    $what"; else
    say "wrong $what: no '$pattern' in"
    say "$out"
    failures=$((failures + 1))
  fi
}

# A file over TCP, and its digest as the far end knows it.
file_is_right() {
  [[ $(at ce curl -s --max-time 60 "http://$1/file" | sha256sum | cut -d' ' -f1) == "$(at ce curl -s --max-time 20 "http://$1/sum")" ]] && echo same
}

for tool in qemu-system-x86_64 busybox cpio curl ip; do command -v "$tool" > /dev/null || { say "run.sh: $tool is not installed"; exit 1; }; done
kernel
initramfs
network
start
at ce ping -q -c 1 -W 5 10.2.0.1 > /dev/null || true
expect 'ping to the VRF of the Linux kernel and back' ' 0% packet loss' at ce ping -c 5 -i 0.3 -W 3 10.2.0.1
expect 'ping with 1472 bytes: frames of 1500 and two labels' ' 0% packet loss' at ce ping -c 3 -i 0.3 -W 3 -M do -s 1472 10.2.0.1
expect 'ping by IPv6' ' 0% packet loss' at ce ping -c 5 -i 0.3 -W 3 2001:db8:a2::1
expect 'a megabyte over TCP' same file_is_right 10.2.0.1
expect 'a megabyte over TCP, IPv6' same file_is_right '[2001:db8:a2::1]'
# With pipes the core takes no part in the TTL of the packet: one hop at PE1, one at the Linux PE.
expect 'the TTL of the answer' 'ttl=63' at ce ping -c 1 -W 3 10.2.0.1
for name in pe1 p; do kill "$(cat "$work/$name.pid")"; done
wait "$(cat "$work/pe1.pid")" "$(cat "$work/p.pid")" || true
expect 'PE1 dropped nothing' '"drops": \{\}' cat "$work/pe1.json"
expect 'P knew every label, and no frame was too big' '^0$' grep -cE 'label|too-big|no-route|ttl' "$work/p.json"
((failures == 0)) || exit 1
