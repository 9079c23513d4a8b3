# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A small network of real machines: two namespaces joined by a veth pair, servers in one,
# clients in the other. Sourced by `run --live` and `record`; needs root.
#
#	clients  192.0.2.10-13, 2001:db8::10-13        servers  192.0.2.1, .53, .80, 198.51.100.80,
#	[client0]------------------ veth -------------[server0]          2001:db8::53, ::80
#
# Only documentation addresses (RFC 5737, RFC 3849, RFC 7042): what is recorded can be published.

net_clients=weir-clients-$$
net_servers=weir-servers-$$
net_folder=
net_pids=()

# `nsenter`, not `ip netns exec`: that one mounts a new /sys and hides bpffs.
in_clients() { nsenter --net="/run/netns/$net_clients" "$@"; }
in_servers() { nsenter --net="/run/netns/$net_servers" "$@"; }

net_up() {
	net_folder=$(mktemp -d)
	chmod 755 "$net_folder"
	ip netns add "$net_clients"
	ip netns add "$net_servers"
	ip link add client0 netns "$net_clients" address 00:00:5e:00:53:01 type veth \
		peer name server0 netns "$net_servers" address 00:00:5e:00:53:02
	net_host in_clients client0 192.0.2.{10..13}/24 2001:db8::1{0..3}/64
	net_host in_servers server0 192.0.2.{1,53,80}/24 198.51.100.80/32 2001:db8::{53,80}/64
	in_clients ip route add 198.51.100.0/24 via 192.0.2.1
	net_servers_start
}

# $1 enters the namespace, $2 is its interface, the rest are its addresses.
net_host() {
	local enter=$1 interface=$2 address
	shift 2
	# Offloads would show frames of 64 kB that no wire ever carried.
	$enter ethtool -K "$interface" tx off sg off tso off gso off gro off >/dev/null
	$enter ip link set lo up
	for address in "$@"; do
		if [[ $address == *:* ]]; then
			$enter ip address add "$address" dev "$interface" nodad
		else
			$enter ip address add "$address" dev "$interface"
		fi
	done
	$enter ip link set "$interface" up
}

net_servers_start() {
	local size
	for size in 1 4 16 64 256; do
		head -c ${size}k /dev/zero >"$net_folder/${size}k"
	done
	cat >"$net_folder/nginx.conf" <<-CONFIG
		user root; pid $net_folder/nginx.pid; error_log $net_folder/nginx.log; daemon off;
		events { }
		http { access_log off; client_body_temp_path $net_folder; proxy_temp_path $net_folder;
		       server { listen 80; listen [::]:80; root $net_folder; } }
	CONFIG
	net_serve nginx -c "$net_folder/nginx.conf"
	net_serve dnsmasq --keep-in-foreground --no-resolv --no-hosts --user=root \
		--conf-file=/dev/null --pid-file --address=/example.com/192.0.2.80 \
		--address=/example.com/2001:db8::80 --address=/example.net/198.51.100.80
	net_serve iperf3 --server
	net_wait in_clients curl -so /dev/null http://192.0.2.80/1k
	net_wait in_clients dig +short +tries=1 +time=1 @192.0.2.53 example.com
}

# In the background until net_down. Not through in_servers: $! has to be the program's own pid,
# not that of a shell around it.
net_serve() {
	nsenter --net="/run/netns/$net_servers" "$@" >>"$net_folder/servers.log" 2>&1 &
	net_pids+=($!)
}

# Until the command $@ works: a server needs a moment to listen.
net_wait() {
	local try
	for ((try = 0; try < 50; try++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	die "does not answer: $* (its log: $net_folder/servers.log)"
}

net_down() {
	local pid
	for pid in "${net_pids[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	net_pids=()
	ip netns delete "$net_clients" 2>/dev/null || true
	ip netns delete "$net_servers" 2>/dev/null || true
	[[ -z $net_folder ]] || rm -rf "$net_folder"
}

# ---- what the clients do; each is one kind of traffic ----

# Fetch file $1 over IPv4 and IPv6, from all four clients.
net_web() {
	local client
	for client in 10 11 12 13; do
		in_clients curl -so /dev/null --interface 192.0.2.$client "http://192.0.2.80/$1"
		in_clients curl -so /dev/null --interface 192.0.2.$client "http://198.51.100.80/$1"
		in_clients curl -so /dev/null --interface 2001:db8::$client "http://[2001:db8::80]/$1"
	done
}

net_names() {
	local client name
	for client in 10 11 12 13; do
		for name in example.com www.example.com example.net; do
			in_clients dig +tries=1 -b 192.0.2.$client @192.0.2.53 "$name" A
			in_clients dig +tries=1 -b 2001:db8::$client @2001:db8::53 "$name" AAAA
		done
		in_clients dig +tries=1 +tcp -b 192.0.2.$client @192.0.2.53 example.com A
		in_clients dig +tries=1 -b 192.0.2.$client @192.0.2.53 nothing.example.org A
	done >/dev/null
}

net_ping() {
	in_clients ping -q -c 2 -i 0.2 192.0.2.80
	in_clients ping -q -c 2 -i 0.2 2001:db8::80
} >/dev/null

# Echo too long for one frame.
net_fragments() {
	in_clients ping -q -c 1 -s 3000 192.0.2.80
	in_clients ping -q -c 1 -s 3000 2001:db8::80
} >/dev/null

# Nobody listens there: the answer is a TCP reset, or an ICMP port unreachable.
net_refused() {
	in_clients curl -so /dev/null http://192.0.2.80:81/ || true
	in_clients curl -so /dev/null "http://[2001:db8::80]:81/" || true
	in_clients dig +tries=1 +time=1 -p 54 @192.0.2.53 example.com >/dev/null || true
}

# Bulk transfer, bounded: iperf3 options $@.
net_bulk() {
	in_clients iperf3 --client 192.0.2.80 "$@"
	in_clients iperf3 --client 2001:db8::80 "$@"
	# The server answers datagrams from its first address, whichever they were sent to.
	in_clients iperf3 --client 192.0.2.1 --udp "$@"
} >/dev/null

# All of it again and again, for a demonstration; at about 20 Mbit/s.
net_busy() {
	while :; do
		net_web 16k
		net_names
		net_ping
		net_refused
		net_bulk --time 1 --bitrate 20M
	done
}
