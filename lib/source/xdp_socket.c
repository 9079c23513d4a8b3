/* SPDX-License-Identifier: BSD-3-Clause */
#include "xdp_socket.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <xdp/libxdp.h>
#include <xdp/xsk.h>

#include <weir/log.h>

typedef int create_socket(struct xsk_socket **, const char *, __u32, struct xsk_umem *,
			  struct xsk_ring_cons *, struct xsk_ring_prod *,
			  const struct xsk_socket_config *);

static bool sockets_only;

/* What fails comes as an error code. */
static int print(enum libxdp_print_level level, const char *format, va_list arguments)
{
	char text[512];

	(void)level;
	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
	return 0;
}

void xdp_sockets_only(void)
{
	sockets_only = true;
	libxdp_set_print(print);
}

/* The driver's call comes here, as programs come before libraries; libxdp's own does the work. */
int xsk_socket__create(struct xsk_socket **socket, const char *interface, __u32 queue,
		       struct xsk_umem *umem, struct xsk_ring_cons *rx, struct xsk_ring_prod *tx,
		       const struct xsk_socket_config *config)
{
	create_socket *next = (create_socket *)dlsym(RTLD_NEXT, "xsk_socket__create");
	struct xsk_socket_config own = {0};

	if (next == NULL)
		return -ENOSYS;
	if (!sockets_only || config == NULL)
		return next(socket, interface, queue, umem, rx, tx, config);
	own = *config;
	own.libxdp_flags |= XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD;
	return next(socket, interface, queue, umem, rx, tx, &own);
}

int xdp_socket_possible(void)
{
	int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}
