# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # missing_packages() finds packages_* by name
# What the scripts here share: messages, Debian/Ubuntu packages, building. Sourced, never run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '\e[1m%s\e[0m\n' "$*" >&2; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# One place says which packages are needed. "package=command": not installed either when the
# command is there already from somewhere else (nginx has five packages that provide it).
# The drivers (af_xdp, af_packet, memif, ring, pcap, ...) come with libdpdk-dev.
packages_build=(gcc libc6-dev meson ninja-build=ninja pkg-config=pkg-config
	libdpdk-dev libpcap-dev libjansson-dev libssl-dev
	zlib1g-dev libzstd-dev liblzma-dev liblz4-dev # compressed captures
	libmicrohttpd-dev                             # weirweb
	librdkafka-dev                                # export to Kafka
	libcurl4-openssl-dev                          # export to ClickHouse
	clang bpftool libbpf-dev) # the XDP prefilter
packages_live=(iproute2=ip iputils-ping=ping util-linux=nsenter ethtool tcpdump procps=sysctl
	nginx-light=nginx curl dnsmasq-base=dnsmasq bind9-dnsutils=dig iperf3)
packages_test=(libcriterion-dev python3 tshark tcpdump mandoc gdb openssl iproute2=ip
	zstd lz4 xz-utils=xz # compressed captures
	systemd=systemd-analyze) # are units well formed?
packages_smoke=(dpdk-dev tcpreplay valgrind libcap2-bin=setcap
	prometheus clickhouse-server nfdump pmacct libfixbuf-tools)
packages_lab=(qemu-system-x86=qemu-system-x86_64 busybox-static=busybox cpio python3
	iproute2=ip util-linux=nsenter procps=sysctl ethtool tcpreplay)
packages_everywhere=(mmdebstrap util-linux=unshare qemu-user-static=qemu-aarch64-static binfmt-support=update-binfmts)
packages_lint=(clang-format-14 shellcheck git python3)
# What scripts/bench compares weir with; it says what is not there, and measures without.
packages_bench=(dpdk-dev valgrind softflowd nfdump pmacct argus-server argus-client tshark)

# The packages of the sets $@ that are missing, one per line.
missing_packages() {
	local set entry
	for set in "$@"; do
		local -n entries=packages_$set
		for entry in "${entries[@]}"; do
			[[ $entry == *=* ]] && command -v "${entry#*=}" >/dev/null && continue
			# Once for each architecture that it is there for.
			[[ $(dpkg-query -W -f '${db:Status-Status}' "${entry%=*}" 2>/dev/null) == installed* ]] ||
				echo "${entry%=*}"
		done
	done
}

# As root: directly, else through sudo, which is asked for only when it comes to that.
as_root() {
	if [[ $EUID -eq 0 ]]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "not root and no sudo; run as root: $*"
	fi
}

# Install what is missing of the package sets $@ (build, live, test, lab, ...).
install_packages() {
	local missing log
	mapfile -t missing < <(missing_packages "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	command -v apt-get >/dev/null ||
		die "no apt-get here; install what corresponds to: ${missing[*]}"
	say "Installing ${missing[*]}"
	log=$(mktemp)
	if ! apt_install "${missing[@]}" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		die "apt-get could not install the packages above; its log is $log"
	fi
	rm -f "$log"
}

apt_install() {
	local options=(-y --no-install-recommends -o Dpkg::Use-Pty=0)
	no_services
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@" || {
		# Without package lists, or with old ones.
		as_root apt-get update &&
			as_root env DEBIAN_FRONTEND=noninteractive apt-get install "${options[@]}" "$@"
	}
	local status=$?
	services_again
	return $status
}

# A fresh nginx would start a web server on port 80, others their own. Debian's policy-rc.d forbids that for
# the time of the installation; one that is there already is the owner's and stays.
policy=/usr/sbin/policy-rc.d
no_services() {
	[[ ! -e $policy ]] || { policy=; return 0; }
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}
services_again() { [[ -z $policy ]] || as_root rm -f "$policy"; }

# Make build folder $1 with meson options $2..., or set them in it.
configure() {
	local folder=$1
	shift
	if [[ -f $folder/build.ninja ]]; then
		quietly meson configure "$folder" "$@"
	else
		quietly meson setup "$folder" "$root" "$@"
	fi
}

# Build targets $2... (default: all) in folder $1.
compile() {
	quietly ninja -C "$@"
}

# Run $@ and show what it says only when it fails.
quietly() {
	local log
	log=$(mktemp)
	if ! "$@" >"$log" 2>&1; then
		tail -n 40 "$log" >&2
		die "failed: $* (its whole output: $log)"
	fi
	rm -f "$log"
}
