/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/kernel_sockets.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>

typedef bool socket_test(int fd, unsigned int index);

static bool family_is(int fd, int family)
{
	int domain = 0;
	socklen_t size = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == family;
}

static bool is_xdp(int fd, unsigned int index)
{
	(void)index;
	return family_is(fd, AF_XDP);
}

static bool is_driver_packet(int fd, unsigned int index)
{
	struct sockaddr_ll address;
	socklen_t size = sizeof(address);
	int fanout = 0;
	socklen_t fanout_size = sizeof(fanout);

	return family_is(fd, AF_PACKET) &&
	       getsockname(fd, (struct sockaddr *)&address, &size) == 0 &&
	       address.sll_ifindex == (int)index && address.sll_protocol == htons(ETH_P_ALL) &&
	       getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, &fanout_size) == 0 && fanout != 0;
}

/* The open descriptors for which `test` holds. */
static uint16_t find_sockets(socket_test *test, unsigned int index, int *sockets, uint16_t max)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint16_t count = 0;

	if (directory == NULL)
		return 0;
	while (count < max && (entry = readdir(directory)) != NULL)
		if (entry->d_name[0] != '.' && test(atoi(entry->d_name), index))
			sockets[count++] = atoi(entry->d_name);
	closedir(directory);
	return count;
}

uint16_t kernel_sockets_xdp(int *sockets, uint16_t max)
{
	return find_sockets(is_xdp, 0, sockets, max);
}

uint16_t kernel_sockets_packet(unsigned int index, int *sockets, uint16_t max)
{
	return find_sockets(is_driver_packet, index, sockets, max);
}
