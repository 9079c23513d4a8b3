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

static void put16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static uint8_t *put_ethernet(uint8_t *frame, size_t length, bool reverse, unsigned int type)
{
	memset(frame, 0, length);
	frame[reverse ? 5 : 11] = 2;
	frame[reverse ? 11 : 5] = 1;
	frame[0] = frame[6] = 0x02; /* locally administered */
	put16(frame + 12, type);
	return frame + 14;
}

static void put_udp(uint8_t *udp, size_t length, unsigned int flow, bool reverse)
{
	put16(udp + (reverse ? 2 : 0), 1024 + flow % 50000);
	put16(udp + (reverse ? 0 : 2), 53);
	put16(udp + 4, (unsigned int)length);
}

void frame_udp4(uint8_t *frame, size_t length, unsigned int flow, bool reverse)
{
	uint8_t *ip = put_ethernet(frame, length, reverse, ETH_P_IP);
	const uint8_t here[4] = {10, 0, (uint8_t)(flow >> 8), (uint8_t)flow};
	const uint8_t there[4] = {192, 0, 2, 1};

	ip[0] = 0x45;
	put16(ip + 2, (unsigned int)RTE_MIN(length - 14, UINT16_MAX));
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + (reverse ? 16 : 12), here, 4);
	memcpy(ip + (reverse ? 12 : 16), there, 4);
	put_udp(ip + 20, RTE_MIN(length - 34, UINT16_MAX), flow, reverse);
}

void frame_set_checksum4(uint8_t *frame)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(frame + 14);

	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

void frame_udp6(uint8_t *frame, size_t length, unsigned int flow, bool reverse)
{
	uint8_t *ip = put_ethernet(frame, length, reverse, ETH_P_IPV6);
	const uint8_t here[16] = {0x20, 1, 0xd, 0xb8, [14] = (uint8_t)(flow >> 8), (uint8_t)flow};
	const uint8_t there[16] = {0x20, 1, 0xd, 0xb8, 1, [15] = 1};

	ip[0] = 0x60;
	put16(ip + 4, (unsigned int)(length - 54));
	ip[6] = IPPROTO_UDP;
	ip[7] = 64;
	memcpy(ip + (reverse ? 24 : 8), here, 16);
	memcpy(ip + (reverse ? 8 : 24), there, 16);
	put_udp(ip + 40, length - 54, flow, reverse);
}
