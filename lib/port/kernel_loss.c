/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel_loss.h"

#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/socket.h>

#include <weir/kernel_sockets.h>

void kernel_loss_before(struct kernel_sockets *before)
{
	before->count = kernel_sockets_xdp(before->sockets, RTE_DIM(before->sockets));
}

static bool was_before(const struct kernel_sockets *before, int fd)
{
	for (uint16_t i = 0; i < before->count; i++)
		if (before->sockets[i] == fd)
			return true;
	return false;
}

static void attach_new_xdp(struct port *port, const struct kernel_sockets *before)
{
	struct kernel_sockets now;

	kernel_loss_before(&now);
	for (uint16_t i = 0; i < now.count && port->kernel_socket_count < PORT_QUEUES_MAX; i++)
		if (!was_before(before, now.sockets[i]))
			port->kernel_sockets[port->kernel_socket_count++] = now.sockets[i];
}

void kernel_loss_attach(struct port *port, unsigned int index, const struct kernel_sockets *before)
{
	port->kernel_socket_count = 0;
	if (strcmp(port->driver, "net_af_packet") == 0) {
		port->kernel_family = AF_PACKET;
		port->kernel_socket_count =
			kernel_sockets_packet(index, port->kernel_sockets, PORT_QUEUES_MAX);
	} else if (strcmp(port->driver, "net_af_xdp") == 0) {
		port->kernel_family = AF_XDP;
		attach_new_xdp(port, before);
	}
}

int port_queue_socket(const struct port *port, uint16_t queue)
{
	/* As many as queues, or it is not known whose is whose. */
	if (port->kernel_socket_count != port->queues || queue >= port->queues)
		return -1;
	return port->kernel_sockets[queue];
}

static uint64_t packet_drops(int fd)
{
	struct tpacket_stats statistics;
	socklen_t size = sizeof(statistics);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0)
		return 0;
	return statistics.tp_drops;
}

/* All zero where the kernel does not tell. */
static struct xdp_statistics xdp_statistics_of(int fd)
{
	struct xdp_statistics statistics = {0};
	socklen_t size = sizeof(statistics);

	(void)getsockopt(fd, SOL_XDP, XDP_STATISTICS, &statistics, &size);
	return statistics;
}

static uint64_t xdp_ring_full(int fd)
{
	return xdp_statistics_of(fd).rx_ring_full;
}

uint64_t port_sockets_refused(const struct port *port)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; port->kernel_family == AF_XDP && i < port->kernel_socket_count; i++) {
		const struct xdp_statistics statistics = xdp_statistics_of(port->kernel_sockets[i]);

		sum += statistics.rx_ring_full + statistics.rx_dropped;
	}
	return sum;
}

void kernel_loss_start(struct port *port)
{
	for (uint16_t i = 0; i < port->kernel_socket_count; i++) {
		port->kernel_missed[i] = 0;
		if (port->kernel_family == AF_PACKET)
			(void)packet_drops(port->kernel_sockets[i]); /* which clears them */
		else
			port->kernel_before[i] = xdp_ring_full(port->kernel_sockets[i]);
	}
}

void kernel_loss_read(struct port *port)
{
	for (uint16_t i = 0; port->started && i < port->kernel_socket_count; i++) {
		int fd = port->kernel_sockets[i];

		if (port->kernel_family == AF_PACKET)
			port->kernel_missed[i] += packet_drops(fd);
		else
			port->kernel_missed[i] = xdp_ring_full(fd) - port->kernel_before[i];
	}
}

void kernel_loss_stop(struct port *port)
{
	port->kernel_socket_count = 0;
}
