/* SPDX-License-Identifier: BSD-3-Clause */
#include "socket.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 64
#define FRAME  4096

static void loopback_up(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	const int fd = socket(AF_INET, SOCK_DGRAM, 0);

	cr_assert_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static void set(int fd, int option, const void *value, socklen_t size)
{
	cr_assert_eq(setsockopt(fd, SOL_XDP, option, value, size), 0, "%d: %s", option,
		     strerror(errno));
}

int xdp_socket(void)
{
	void *memory = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct xdp_umem_reg area = {
		.addr = (uintptr_t)memory, .len = FRAMES * FRAME, .chunk_size = FRAME};
	const int entries = FRAMES;
	struct sockaddr_xdp address = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY};
	int fd;

	cr_assert_eq(unshare(CLONE_NEWNET), 0);
	loopback_up();
	fd = socket(AF_XDP, SOCK_RAW, 0);
	cr_assert_geq(fd, 0);
	set(fd, XDP_UMEM_REG, &area, sizeof(area));
	set(fd, XDP_UMEM_FILL_RING, &entries, sizeof(entries));
	set(fd, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries));
	set(fd, XDP_RX_RING, &entries, sizeof(entries));
	address.sxdp_ifindex = if_nametoindex("lo");
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0, "%s",
		     strerror(errno));
	return fd;
}
