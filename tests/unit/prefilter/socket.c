/* SPDX-License-Identifier: BSD-3-Clause */
#include "socket.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 64
#define FRAME  4096

static bool loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);
	const bool up = ioctl(fd, SIOCSIFFLAGS, &request) == 0;

	close(fd);
	return up;
}

static bool set(int fd, int option, const void *value, socklen_t size)
{
	return setsockopt(fd, SOL_XDP, option, value, size) == 0;
}

/* The memory stays the socket's until the process ends. */
static bool set_up(int fd)
{
	void *memory = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct xdp_umem_reg area = {
		.addr = (uintptr_t)memory, .len = FRAMES * FRAME, .chunk_size = FRAME};
	const struct sockaddr_xdp address = {.sxdp_family = AF_XDP,
					     .sxdp_flags = XDP_COPY,
					     .sxdp_ifindex = if_nametoindex("lo")};
	const int entries = FRAMES;

	return memory != MAP_FAILED && set(fd, XDP_UMEM_REG, &area, sizeof(area)) &&
	       set(fd, XDP_UMEM_FILL_RING, &entries, sizeof(entries)) &&
	       set(fd, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)) &&
	       set(fd, XDP_RX_RING, &entries, sizeof(entries)) &&
	       bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

int xdp_socket(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) != 0 || !loopback_up())
		return -errno;
	fd = socket(AF_XDP, SOCK_RAW, 0);
	if (fd < 0 || !set_up(fd))
		return -errno;
	return fd;
}
