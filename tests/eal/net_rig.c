/* SPDX-License-Identifier: BSD-3-Clause */
#include "eal_rig.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kit/frame.h>
#include <rte_ip.h>

bool rig_has_root(const char *what_for)
{
	if (geteuid() == 0)
		return true;
	fprintf(stderr, "\n*** NOT TESTED: %s needs root. Run the tests as root. ***\n\n",
		what_for);
	cr_assert_null(getenv("CI"), "CI must run as root: %s was not tested", what_for);
	cr_skip_test("needs root");
	return false;
}

void rig_run(const char *format, ...)
{
	char command[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	cr_assert_eq(system(command), 0, "failed: %s", command);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (file != NULL) {
		fputs(text, file);
		fclose(file);
	}
}

void rig_enter_namespace(void)
{
	cr_assert_eq(unshare(CLONE_NEWNET | CLONE_NEWNS), 0);
	/* sysfs shows the network namespace that it was mounted in. */
	cr_assert_eq(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	cr_assert_eq(mount("sysfs", "/sys", "sysfs", 0, NULL), 0);
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
}

void rig_add_veth(const char *near, const char *far, unsigned int queues)
{
	rig_run("ip link add %s numrxqueues %u numtxqueues %u type veth peer name %s "
		"numrxqueues %u numtxqueues %u",
		near, queues, queues, far, queues, queues);
	rig_run("ethtool -K %s tx off sg off tso off gso off gro off >/dev/null 2>&1", near);
	rig_run("ethtool -K %s tx off sg off tso off gso off gro off >/dev/null 2>&1", far);
	rig_run("ip link set %s up && ip link set %s up", near, far);
}

int rig_open_sender(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_ifindex = (int)if_nametoindex(name)};
	int sender = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: hears nothing */

	cr_assert_geq(sender, 0);
	cr_assert_eq(bind(sender, (struct sockaddr *)&address, sizeof(address)), 0);
	return sender;
}

void rig_send_flows(int sender, unsigned int flows, unsigned int count, size_t length)
{
	uint8_t *frame = malloc(length);

	for (unsigned int i = 0; i < count; i++) {
		frame_udp4(frame, length, i % flows, false);
		cr_assert_eq(send(sender, frame, length, 0), (ssize_t)length);
		if (i % 64 == 63) /* veth's own ring holds 256 frames */
			usleep(500);
	}
	free(frame);
}

/* ---- frames ---- */

static uint8_t *put_station(uint8_t *frame, size_t length, bool reverse, uint16_t type)
{
	memset(frame, 0, length);
	return put_ethernet(frame, reverse ? 1 : 2, reverse ? 2 : 1, type);
}

static void put_dns(uint8_t *at, size_t octets, unsigned int flow, bool reverse)
{
	const uint16_t port = (uint16_t)(1024 + flow % 50000);

	put_udp(at, reverse ? 53 : port, reverse ? port : 53, (uint32_t)octets);
}

void frame_udp4(uint8_t *frame, size_t length, unsigned int flow, bool reverse)
{
	const uint32_t here = 0x0a000000 + (uint16_t)flow, there = 0xc0000201;
	const struct frame_ipv4 ipv4 = {.from = reverse ? there : here,
					.to = reverse ? here : there,
					.octets = (uint16_t)RTE_MIN(length - 14, UINT16_MAX),
					.protocol = IPPROTO_UDP};
	uint8_t *ip = put_station(frame, length, reverse, ETH_P_IP);

	put_dns(put_ipv4(ip, &ipv4), RTE_MIN(length - 34, UINT16_MAX), flow, reverse);
}

void frame_set_checksum4(uint8_t *frame)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + 14);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void frame_udp6(uint8_t *frame, size_t length, unsigned int flow, bool reverse)
{
	const uint32_t here = (uint16_t)flow, there = 0x01000001;
	uint8_t *ip = put_station(frame, length, reverse, ETH_P_IPV6);

	put_dns(put_ipv6(ip, reverse ? there : here, reverse ? here : there, IPPROTO_UDP,
			 (uint32_t)length - 54),
		length - 54, flow, reverse);
}
