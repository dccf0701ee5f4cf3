#!/usr/bin/env bash
# A backbone of two PEs, a P and a route reflector with four sites of two customers, in network namespaces of this machine:
#   lab.sh up      builds it and starts everything        lab.sh down    takes all of it away again
#   lab.sh test    waits for the sessions, then checks    lab.sh NAME COMMAND…   runs a command in the namespace NAME
# Wants root, gobgpd, bird, iproute2, ping and Node. LAB begins the names of the namespaces, SHIMLINE is the command to run.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
LAB=${LAB:-shim-gobgp}
RUN=${RUN:-/tmp/$LAB}
sites=(red1 red2 blue1 blue2)
names=(pe1 pe2 p rr pe1-cp pe2-cp "${sites[@]}")
root=$(cd "$here/../.." && pwd)
if [[ -n ${SHIMLINE:-} ]]; then :
elif [[ -f $RUN/command ]]; then SHIMLINE=$(<"$RUN/command")
elif [[ -x $root/node_modules/.bin/tsx ]]; then SHIMLINE="$root/node_modules/.bin/tsx $root/src/cli/main.ts"
else SHIMLINE=shimline
fi

in_ns() { local name=$1; shift; ip netns exec "$LAB-$name" "$@"; }
start() { # NAME LOG COMMAND…
  local name=$1 log=$2; shift 2
  ip netns exec "$LAB-$name" setsid "$@" >"$RUN/$log.log" 2>&1 </dev/null &
  echo $! >>"$RUN/pids"
}
cable() { # NAME LINK NAME LINK
  ip link add "$2" netns "$LAB-$1" type veth peer name "$4" netns "$LAB-$3"
  ip -n "$LAB-$1" link set "$2" up
  ip -n "$LAB-$3" link set "$4" up
}
fill() { sed -e "s|NETNS|$LAB|g" -e "s|RUN|$RUN|g" "$here/$1" >"$RUN/$1"; }

site() { # CUSTOMER SITE AS LINK-NETWORK-HOSTS LINK6
  local name=$1$2 link=$4 link6=$5
  cable "$name" eth0 "pe$2" "$name"
  ip -n "$LAB-$name" addr add "$link.$7/30" dev eth0
  ip -n "$LAB-$name" addr add "${link6}2/64" dev eth0 nodad
  ip -n "$LAB-$name" link add lan type veth peer name lan-end
  ip -n "$LAB-$name" link set lan-end up
  ip -n "$LAB-$name" addr add "10.$2.0.2/24" dev lan
  ip -n "$LAB-$name" addr add "2001:db8:a$2::2/64" dev lan nodad
  ip -n "$LAB-$name" link set lan up
  sed -e "s/SITE/$2/g" -e "s/LINK6/${link6}1/" -e "s/LINK/$link.$6/" -e "s/\bAS\b/$3/" "$here/ce-bird.conf" >"$RUN/$name.conf"
}
bird_of() { start "$1" "$1" bird -f -c "$RUN/$1.conf" -s "$RUN/$1.ctl" -P "$RUN/$1.pid"; }

up() {
  mkdir -p "$RUN"
  : >"$RUN/pids"
  echo "$SHIMLINE" >"$RUN/command"
  for name in "${names[@]}"; do
    ip netns add "$LAB-$name"
    ip -n "$LAB-$name" link set lo up
  done
  # The kernel keeps out of the routers' own namespaces.
  for name in pe1 pe2 p; do in_ns "$name" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'; done
  for name in pe1-cp pe2-cp "${sites[@]}"; do in_ns "$name" sh -c 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad; echo 0 >/proc/sys/net/ipv6/conf/all/accept_dad'; done
  cable pe1 core p pe1
  cable pe2 core p pe2
  cable rr eth0 p rr
  ip -n "$LAB-rr" addr add 172.31.9.2/30 dev eth0
  ip -n "$LAB-rr" addr add 192.0.2.9/32 dev lo
  ip -n "$LAB-rr" route add 192.0.2.0/29 via 172.31.9.1 src 192.0.2.9
  for n in 1 2; do
    site red $n 6510$n 172.16.$n "2001:db8:$n:1::" 1 2
    site blue $n 6520$n 172.16.$n "2001:db8:$n:2::" 5 6
  done
  # What blue alone has, and what its policy keeps at the site.
  ip -n "$LAB-blue2" addr add 10.66.0.2/24 dev lan
  ip -n "$LAB-blue2" addr add 10.99.0.2/24 dev lan

  fill p.yaml
  start p p $SHIMLINE run -c "$RUN/p.yaml" --log-format json --api "unix:$RUN/p.api"
  for n in 1 2; do
    fill pe$n.yaml
    start pe$n pe$n $SHIMLINE run -c "$RUN/pe$n.yaml" --log-format json --api "unix:$RUN/pe$n.api"
  done
  for name in p pe1 pe2; do await 30 "grep -q '\"ready\"' $RUN/$name.log" || { echo "$name does not forward:"; cat "$RUN/$name.log"; return 1; }; done
  for n in 1 2; do
    ip -n "$LAB-pe$n-cp" route add 192.0.2.9/32 via 172.31.$n.2 dev core src 192.0.2.$n
    start pe$n-cp pe$n-gobgpd gobgpd -f "$here/pe$n-gobgpd.toml" --api-hosts "unix://$RUN/pe$n.sock"
  done
  start rr rr-gobgpd gobgpd -f "$here/rr-gobgpd.toml" --api-hosts "unix://$RUN/rr.sock"
  for name in "${sites[@]}"; do bird_of "$name"; done
}

down() {
  # Each was started with a process group of its own.
  if [[ -f $RUN/pids ]]; then while read -r pid; do kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null; done <"$RUN/pids"; fi
  for _ in $(seq 50); do
    local left=0
    if [[ -f $RUN/pids ]]; then while read -r pid; do kill -0 "$pid" 2>/dev/null && left=1; done <"$RUN/pids"; fi
    ((left)) || break
    sleep 0.1
  done
  if [[ -f $RUN/pids ]]; then while read -r pid; do kill -KILL -- "-$pid" 2>/dev/null; done <"$RUN/pids"; fi
  for name in "${names[@]}"; do ip netns delete "$LAB-$name" 2>/dev/null; done
  rm -rf "$RUN"
  return 0
}

await() { # SECONDS CONDITION
  local end=$((SECONDS + $1))
  until eval "$2"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}

failed=0
check() { # TEXT SECONDS CONDITION
  if await "$2" "$3" >/dev/null 2>&1; then echo "ok      $1"; else echo "FAILED  $1"; failed=1; fi
}
pings() { in_ns "$1" ping -n -c 1 -W 1 -I "$3" "$2" >/dev/null 2>&1; }
has_route() { in_ns "$1" ip route show "$2" | grep -q "proto bird" || in_ns "$1" ip -6 route show "$2" | grep -q "proto bird"; }
birdc_of() { local name=$1; shift; birdc -s "$RUN/$name.ctl" "$@" >/dev/null; }
# Sends a megabyte from one site to another, and compares what arrived.
tcp() { # FROM TO ADDRESS SOURCE
  in_ns "$2" timeout 15 node -e '
    const hash = require("node:crypto").createHash("sha256");
    const server = require("node:net").createServer((socket) => {
      socket.on("data", (part) => hash.update(part));
      socket.on("end", () => { console.log(hash.digest("hex")); socket.end(); server.close(); });
    });
    server.listen(7000, process.argv[1]);' "$3" >"$RUN/received" &
  local server=$!
  in_ns "$1" timeout 15 node -e '
    const [to, from] = process.argv.slice(1);
    const bytes = require("node:crypto").randomBytes(1 << 20);
    const attempt = (left) => {
      const socket = require("node:net").connect({ host: to, port: 7000, localAddress: from }, () => socket.end(bytes));
      socket.on("error", () => left > 0 ? setTimeout(attempt, 200, left - 1) : process.exit(1));
    };
    attempt(40);
    console.log(require("node:crypto").createHash("sha256").update(bytes).digest("hex"));' "$3" "$4" >"$RUN/sent"
  wait $server
  [[ -s $RUN/sent ]] && cmp -s "$RUN/sent" "$RUN/received"
}

run_checks() {
  for c in red blue; do
    check "$c: site 1 learns site 2's IPv4 and IPv6 networks, and the other way round" 40 \
      "has_route ${c}1 10.2.0.0/24 && has_route ${c}1 2001:db8:a2::/64 && has_route ${c}2 10.1.0.0/24 && has_route ${c}2 2001:db8:a1::/64"
    check "$c: ping from site 1 to site 2" 10 "pings ${c}1 10.2.0.2 10.1.0.2"
    check "$c: ping by IPv6, over the IPv4 core" 10 "pings ${c}1 2001:db8:a2::2 2001:db8:a1::2"
  done
  # What is not there to begin with says nothing by not being there.
  ((failed)) && return 1
  check 'red: a megabyte by TCP' 0 'tcp red1 red2 10.2.0.2 10.1.0.2'
  check 'blue: a megabyte by TCP over IPv6' 0 'tcp blue2 blue1 2001:db8:a1::2 2001:db8:a2::2'
  check "blue reaches what only blue has" 5 'pings blue1 10.66.0.2 10.1.0.2'
  check "red has no route to it, and does not reach it" 0 '! has_route red1 10.66.0.0/24 && ! pings red1 10.66.0.2 10.1.0.2'
  check "PE1 has red's route by PE2 and the LSP to it" 0 "routes pe1 red 10.2.0.0/24 | grep -q 192.0.2.2"
  check "PE1's policy keeps 10.99.0.0/16 out of blue" 0 "! routes pe1 blue 10.99.0.0/24 | grep -q 192.0.2.2"
  check "blue's link to its CE is told to the other PE" 5 "routes pe1 blue 172.16.2.4/30 | grep -q 192.0.2.2"

  birdc_of red2 disable lan
  check 'red: a withdrawal takes the route out at the other PE' 10 "! routes pe1 red 10.2.0.0/24 | grep -q 192.0.2.2"
  check 'red: nothing is reached by it any more' 0 '! pings red1 10.2.0.2 10.1.0.2'
  check "blue's equal prefix is still there" 0 'pings blue1 10.2.0.2 10.1.0.2'
  birdc_of red2 enable lan
  check 'red: told again, it is reached again' 15 'pings red1 10.2.0.2 10.1.0.2'

  birdc_of blue2 disable pe4
  check 'blue: a session that ends takes its routes out' 15 "! routes pe1 blue 10.2.0.0/24 | grep -q 192.0.2.2"
  check 'blue: its IPv6 session and routes are not touched' 0 'pings blue1 2001:db8:a2::2 2001:db8:a1::2'
  birdc_of blue2 enable pe4
  check 'blue: with the session the routes are back' 30 'pings blue1 10.2.0.2 10.1.0.2'
  return $failed
}
routes() { $SHIMLINE show routes vrf "$2" --api "unix:$RUN/$1.api" | grep -F " $3 "; }

case ${1:-} in
  up) up || { down; exit 1; } ;;
  test) run_checks ;;
  down) down ;;
  '' | -h | --help) sed -n '2,6s/^# //p' "$0" ;;
  *) name=$1; shift; in_ns "$name" "$@" ;;
esac
