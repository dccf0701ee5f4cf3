#!/usr/bin/env bash
# Two customers, two PEs and the P between them, in network namespaces: FRR fills the tables, shimline forwards.
#
#   lab.sh up      builds it and starts everything
#   lab.sh test    waits until the routing has settled, and checks what it is for
#   lab.sh down    ends and removes everything
#   lab.sh node NAME              starts one node within its container: lab.clab.yml
#   lab.sh sh NAME COMMAND…       runs a command at a node: lab.sh sh red1 ping 10.2.0.1
#   lab.sh vtysh NAME -c COMMAND  asks FRR of a node: lab.sh vtysh pe1-cp -c 'show bgp ipv4 vpn'
#   lab.sh start|stop|kill NAME [DAEMON…]    FRR of one node, or some of its daemons
#
# LAB           begins the name of every namespace (default: frrlab)
# SHIMLINE      the command that is shimline (default: the one of this checkout or package, else of the path)
# FRR_PRELOAD   a library to preload into FRR's daemons, for kernels without MPLS and VRF devices: README.md
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
lab=${LAB:-frrlab}
state=${LAB_STATE:-/tmp/$lab}
daemons_of_frr=${FRR_DAEMONS:-/usr/lib/frr}
preload=${FRR_PRELOAD:-}

routers=(pe1 p pe2)
sites=(red1 blue1 red2 blue2)
speakers=(pe1-cp p-cp pe2-cp red1 blue1 red2)

say() { printf '%s\n' "$*" >&2; }
fail() { say "lab.sh: $*"; exit 1; }
# Where a node is: a namespace, or, within a container that is the node, right here.
prefix_of() { place=(); [[ $1 == "${inside:-}" ]] || place=(ip netns exec "$lab-$1"); }
at() { local -a place; prefix_of "$1"; "${place[@]}" "${@:2}"; }

shimline() {
  if [[ -n ${SHIMLINE:-} ]]; then echo "$SHIMLINE"
  elif [[ -e $here/../../dist/cli/main.js ]]; then echo "node $here/../../dist/cli/main.js"
  elif [[ -e $here/../../src/cli/main.ts ]]; then echo "$here/../../node_modules/.bin/tsx $here/../../src/cli/main.ts"
  else echo shimline; fi
}

# --- the network -----------------------------------------------------------------------------------------------------

namespace() {
  ip netns add "$lab-$1"
  ip -n "$lab-$1" link set dev lo up
}

# A router's ports belong to shimline: the kernel keeps out of them.
quiet() { at "$1" sh -c 'cd /proc/sys/net; echo 1 > ipv6/conf/all/disable_ipv6; echo 1 > ipv6/conf/default/disable_ipv6'; }

# Where FRR speaks; the forwarding is shimline's. Addresses survive when a port becomes that of a VRF.
speaking() {
  at "$1" sh -c 'cd /proc/sys/net; echo 0 > ipv4/ip_forward
    for where in all default; do echo 0 > ipv6/conf/$where/accept_dad; echo 1 > ipv6/conf/$where/keep_addr_on_down; done'
}

forwarding() {
  speaking "$1"
  at "$1" sh -c 'cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding'
}

# cable NODE PORT NODE PORT
cable() {
  ip link add name "$2" netns "$lab-$1" type veth peer name "$4" netns "$lab-$3"
  ip -n "$lab-$1" link set dev "$2" up
  ip -n "$lab-$3" link set dev "$4" up
}

# The customer's router of a site: its addresses towards the PE, and its LAN.
site() {
  local name=$1 address link=uplink
  forwarding "$name"
  at "$name" ip link add name lan type veth peer name lan-end
  at "$name" ip link set dev lan-end up
  at "$name" ip link set dev lan up
  for address in $(addresses "$name"); do
    if [[ $address == lan ]]; then link=lan; else at "$name" ip addr add "$address" dev "$link"; fi
  done
  [[ $name != blue2 ]] || at blue2 ip route replace default via 172.16.4.1
}

addresses() {
  case $1 in
    red1) echo 172.16.1.2/30 2001:db8:16:1::2/64 lan 10.1.0.1/24 2001:db8:a1::1/64 ;;
    blue1) echo 172.16.2.2/30 lan 10.1.0.1/24 ;;
    red2) echo 172.16.3.2/30 2001:db8:16:3::2/64 lan 10.2.0.1/24 2001:db8:a2::1/64 ;;
    blue2) echo 172.16.4.2/30 lan 10.2.0.1/24 ;;
  esac
}

build() {
  local name
  for name in "${routers[@]}"; do
    namespace "$name"; quiet "$name"
    namespace "$name-cp"; speaking "$name-cp"
  done
  cable pe1 core p to-pe1
  cable p to-pe2 pe2 core
  for name in "${sites[@]}"; do namespace "$name"; done
  cable red1 uplink pe1 ce-red
  cable blue1 uplink pe1 ce-blue
  cable red2 uplink pe2 ce-red
  cable blue2 uplink pe2 ce-blue
  for name in "${sites[@]}"; do site "$name"; done
}

# --- shimline --------------------------------------------------------------------------------------------------------

# An entry of the shell's own: at most so many tenths of a second.
until_true() { local tries=$1; shift; while ((tries-- > 0)); do "$@" && return 0; sleep 0.1; done; return 1; }

router_up() {
  local name=$1
  local -a place
  prefix_of "$name"
  mkdir -p "$state/$name"
  sed "s/netns: /netns: $lab-/g" "$here/$name/shimline.yaml" > "$state/$name/shimline.yaml"
  # shellcheck disable=SC2046
  "${place[@]}" $(shimline) run -c "$state/$name/shimline.yaml" --api "unix:$state/$name/api.sock" \
    --json --log-format json > "$state/$name/summary.json" 2> "$state/$name/log" &
  echo $! > "$state/$name/pid"
}

ready() { grep -q '"ready"' "$state/$1/log" 2> /dev/null; }

# --- FRR -------------------------------------------------------------------------------------------------------------

# The VRFs of a PE's namespace, with their ports in them.
vrfs() {
  local name=$1 vrf
  for vrf in red:101 blue:102; do
    if [[ -n $preload ]]; then
      ip -n "$lab-$name" link add name "${vrf%:*}" type bridge
    else
      ip -n "$lab-$name" link add name "${vrf%:*}" type vrf table "${vrf#*:}"
      ip -n "$lab-$name" link set dev "cp-${vrf%:*}" master "${vrf%:*}"
    fi
    ip -n "$lab-$name" link set dev "${vrf%:*}" up
  done
}

daemons() {
  case $1 in
    pe1-cp) echo zebra bgpd ospfd ldpd ripd ;;
    pe2-cp) echo zebra bgpd ospfd ldpd staticd ;;
    p-cp) echo zebra ospfd ldpd ;;
    red1) echo zebra ospfd staticd ;;
    blue1) echo zebra ripd ;;
    red2) echo zebra bgpd ;;
  esac
}

frr_config() { echo "$here/${1%-cp}"; }

# start NAME [DAEMON…]
frr_up() {
  local name=$1 run=$state/$1 daemon
  shift
  mkdir -p "$run"
  chown frr:frr "$run"
  for daemon in ${*:-$(daemons "$name")}; do
    local -a more=()
    [[ $daemon == zebra && $name == *-cp ]] && more=(-M dplane_fpm_nl)
    [[ $daemon == ldpd ]] && more=(--ctl_socket "$run")
    FRR_VRFS='red=101:cp-red blue=102:cp-blue' LD_PRELOAD=$preload at "$name" "$daemons_of_frr/$daemon" -d \
      -f /dev/null -z "$run/zserv" -i "$run/$daemon.pid" --vty_socket "$run" -P 0 "${more[@]}" --log "file:$run/$daemon.log" \
      > "$run/$daemon.out" 2>&1 || fail "$name: $daemon does not start: $(cat "$run/$daemon.out" "$run/$daemon.log")"
  done
  at "$name" vtysh --config_dir "$(frr_config "$name")" --vty_socket "$run" -b > "$run/config.out" 2>&1 || fail "$(cat "$run/config.out")"
}

# SIGNAL NAME [DAEMON…]: zebra first. It would take out the routes of the others when they go before it.
frr_down() {
  local signal=$1 name=$2 daemon
  local -a pids=()
  shift 2
  for daemon in ${*:-zebra bgpd ospfd ldpd ripd staticd}; do
    [[ -e $state/$name/$daemon.pid ]] && pids+=("$(cat "$state/$name/$daemon.pid")")
    rm -f "$state/$name/$daemon.pid"
  done
  ((${#pids[@]} == 0)) || kill "-$signal" "${pids[@]}"
}

tell() { local name=$1; shift; at "$name" vtysh --vty_socket "$state/$name" "$@"; }

# --- what it is for --------------------------------------------------------------------------------------------------

failures=0

# expect WHAT PATTERN COMMAND… : waits until the command prints it, at most until all of this has taken a minute
expect() {
  local what=$1 pattern=$2
  shift 2
  while true; do
    if "$@" 2> /dev/null | grep -Eq -- "$pattern"; then say "ok    $what"; return; fi
    ((SECONDS < 60)) || break
    sleep 0.5
  done
  say "wrong $what: no '$pattern' in"
  "$@" 2>&1 | tail -n 20 >&2
  failures=$((failures + 1))
}

# refuse WHAT COMMAND… : the command is to fail
refuse() {
  local what=$1
  shift
  if "$@" > /dev/null 2>&1; then say "wrong $what"; failures=$((failures + 1)); else say "ok    $what"; fi
}

count() { "${@:2}" | grep -c -- "$1"; }

routes() { $(shimline) show routes "${@:2}" --api "unix:$state/$1/api.sock"; }

# Says its name to whoever connects, and how many bytes came before they closed: TCP both ways, and who was reached.
servers() {
  local name
  for name in red2 blue2; do
    ip netns exec "$lab-$name" node -e "
      require('node:net').createServer({ allowHalfOpen: true }, (peer) => {
        let bytes = 0;
        peer.on('error', () => {}).on('data', (part) => { bytes += part.length; }).on('end', () => peer.end('$name ' + bytes));
      }).listen(7000, '10.2.0.1')" > /dev/null 2>&1 &
    echo $! >> "$state/servers"
  done
}

client() {
  at "$1" node -e "
    const peer = require('node:net').connect({ host: '10.2.0.1', port: 7000, localAddress: '10.1.0.1' });
    peer.setTimeout(5000, () => peer.destroy(new Error('nothing comes')));
    peer.on('data', (part) => process.stdout.write(part)).on('error', (error) => { console.error(error.message); process.exitCode = 1; });
    peer.end(Buffer.alloc(500000));"
}

check() {
  expect 'P: OSPF adjacencies with both PEs' 2 count Full/ tell p-cp -c 'show ip ospf neighbor'
  expect 'P: LDP sessions with both PEs' 2 count OPERATIONAL tell p-cp -c 'show mpls ldp neighbor'
  expect "PE1: red's site 1 by OSPF" '172.16.1.2 .*Full/' tell pe1-cp -c 'show ip ospf vrf red neighbor'
  expect "PE1: blue's site 1 by RIP" '10.1.0.0/24 .*172.16.2.2' tell pe1-cp -c 'show ip rip vrf blue'
  expect "PE2: red's site 2 by BGP" '10.2.0.0/24' tell pe2-cp -c 'show bgp vrf red ipv4 unicast'
  expect 'PE1 has the VPN routes of PE2' '^\*>i10.2.0.0/24' tell pe1-cp -c 'show bgp ipv4 vpn'
  expect 'PE2 has the VPN routes of PE1' '^\*>i10.1.0.0/24' tell pe2-cp -c 'show bgp ipv4 vpn'
  expect 'shimline of PE1 has them, with two labels' '10.2.0.0/24 +fpm .*labels [0-9]+,[0-9]+' routes pe1 vrf red
  expect "and blue's" '10.2.0.0/24 +fpm .*labels [0-9]+,[0-9]+' routes pe1 vrf blue
  expect 'and those of IPv6, over a core that has IPv4 alone' '2001:db8:a2::/64 +fpm .*labels [0-9]+,[0-9]+' routes pe1 vrf red
  expect "red's CE knows of its other site, by OSPF" '10.2.0.0/24' at red1 ip route
  expect "blue's CE knows of its other site, by RIP" '10.2.0.0/24' at blue1 ip route
  expect "red's other CE knows of the first, by BGP" '10.1.0.0/24' at red2 ip route

  expect 'red: ping from site to site' ' 0% packet loss' at red1 ping -c 3 -i 0.2 -W 1 -I 10.1.0.1 10.2.0.1
  expect 'blue: ping from site to site' ' 0% packet loss' at blue1 ping -c 3 -i 0.2 -W 1 -I 10.1.0.1 10.2.0.1
  expect 'red: ping by IPv6' ' 0% packet loss' at red1 ping -c 3 -i 0.2 -W 1 2001:db8:a2::1
  servers
  expect "red: TCP reaches red's host" '^red2 500000$' client red1
  expect "blue: TCP to the same address reaches blue's host" '^blue2 500000$' client blue1
  # shellcheck disable=SC2046
  kill $(cat "$state/servers") && rm "$state/servers"
  refuse "blue does not reach red's link" at blue1 ping -c 2 -i 0.2 -W 1 172.16.3.2
  refuse "red does not reach blue's link" at red1 ping -c 2 -i 0.2 -W 1 172.16.4.2
  refuse 'nor does a customer reach the core' at red1 ping -c 2 -i 0.2 -W 1 172.31.2.1
  ((failures == 0)) || fail "$failures of these are wrong"
}

# --- commands --------------------------------------------------------------------------------------------------------

up() {
  [[ $(id -u) -eq 0 ]] || fail 'network namespaces need root'
  [[ -x $daemons_of_frr/zebra ]] || fail 'FRR is not installed'
  [[ -n $preload || -d /proc/sys/net/mpls ]] || fail "this kernel has no MPLS (modprobe mpls_router mpls_iptunnel vrf): see $here/README.md"
  [[ ! -e $state ]] || fail "$state is there already: down first"
  mkdir -p "$state"
  chmod 755 "$state"
  trap down EXIT
  build
  local name
  for name in "${routers[@]}"; do router_up "$name"; done
  for name in "${routers[@]}"; do until_true 300 ready "$name" || fail "$name does not start: $(cat "$state/$name/log")"; done
  vrfs pe1-cp
  vrfs pe2-cp
  for name in "${speakers[@]}"; do frr_up "$name"; done
  trap - EXIT
  say "up: $lab"
}

# Within a container that is the node: its ports are there already.
within() {
  inside=$1
  mkdir -p "$state"
  chmod 755 "$state"
  case $1 in
    red* | blue*) site "$1" ;;
    *)
      quiet "$1"
      namespace "$1-cp"
      speaking "$1-cp"
      router_up "$1"
      until_true 300 ready "$1" || fail "$1 does not start: $(cat "$state/$1/log")"
      [[ $1 == p ]] || vrfs "$1-cp"
      frr_up "$1-cp"
      return
      ;;
  esac
  [[ $1 == blue2 ]] || frr_up "$1"
}

down() {
  local name pid
  for name in "${routers[@]}" "${routers[@]/%/-cp}" "${sites[@]}"; do
    for pid in $(ip netns pids "$lab-$name" 2> /dev/null); do kill -9 "$pid" 2> /dev/null || true; done
    ip netns delete "$lab-$name" 2> /dev/null || true
  done
  rm -rf "$state"
  say "down: $lab"
}

case ${1:-} in
  up) up ;;
  test) check ;;
  down) down ;;
  node) shift; within "$@" ;;
  sh) shift; at "$@" ;;
  vtysh) shift; tell "$@" ;;
  start) shift; frr_up "$@" ;;
  stop) shift; frr_down TERM "$@" ;;
  kill) shift; frr_down KILL "$@" ;;
  *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
