/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_stale.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* libxdp's program for AF_XDP sockets that have none of their own. */
#define DEFAULT_PROGRAM "xsk_def_prog"

/* The kernel frees the queues of a killed process, and of a closed socket, a little later. */
#define ATTEMPTS   100
#define ATTEMPT_US (10 * 1000)
#define RELEASE_US (100 * 1000)

#define RING  64
#define CHUNK 2048

static int make_rings(int fd, void *memory)
{
	const struct xdp_umem_reg umem = {
		.addr = (uintptr_t)memory, .len = RING * CHUNK, .chunk_size = CHUNK};
	static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING};
	const int size = RING;

	if (setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) != 0)
		return -errno;
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		if (setsockopt(fd, SOL_XDP, rings[i], &size, sizeof(size)) != 0)
			return -errno;
	return 0;
}

/* Can a socket have the queue? 0, or -EBUSY when another one does. No frame comes to it. */
static int try_queue(unsigned int index, uint16_t queue, void *memory)
{
	const struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY,
		.sxdp_ifindex = index,
		.sxdp_queue_id = queue,
	};
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -errno : make_rings(fd, memory);

	if (result == 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		result = -errno;
	if (fd >= 0)
		close(fd);
	return result;
}

static bool queues_free(unsigned int index, uint16_t queues)
{
	void *memory = mmap(NULL, RING * CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	int result = memory == MAP_FAILED ? -ENOMEM : 0;

	for (uint16_t q = 0; q < queues && result == 0; q++) {
		result = try_queue(index, q, memory);
		for (int i = 0; result == -EBUSY && i < ATTEMPTS; i++) {
			usleep(ATTEMPT_US);
			result = try_queue(index, q, memory);
		}
	}
	if (memory != MAP_FAILED)
		munmap(memory, RING * CHUNK);
	usleep(RELEASE_US);
	return result == 0;
}

/* The attached program if it is the default one, else negative. */
static int open_default_program(unsigned int index)
{
	struct bpf_prog_info info = {0};
	uint32_t id = 0, size = sizeof(info);
	int fd;

	if (bpf_xdp_query_id((int)index, 0, &id) != 0 || id == 0)
		return -ENOENT;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0 &&
	    strcmp(info.name, DEFAULT_PROGRAM) == 0)
		return fd;
	close(fd);
	return -ENOENT;
}

bool xdp_remove_stale(unsigned int index, uint16_t queues)
{
	int program = open_default_program(index);
	/* Should another have come in its place by now, that one stays. */
	LIBBPF_OPTS(bpf_xdp_attach_opts, options, .old_prog_fd = program);
	bool removed;

	if (program < 0)
		return false;
	removed = queues_free(index, queues) && bpf_xdp_detach((int)index, 0, &options) == 0;
	close(program);
	return removed;
}
