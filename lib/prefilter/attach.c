/* SPDX-License-Identifier: BSD-3-Clause */
#include "kernel.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include <weir/log.h>

#include <bpf/bpf.h>

#include "host.h"

const char *prefilter_mode_name(enum prefilter_mode mode)
{
	static const char *const names[] = {"auto", "native", "generic"};

	return names[mode];
}

static int make_link(const struct prefilter *prefilter, unsigned int index,
		     enum prefilter_mode mode)
{
	LIBBPF_OPTS(bpf_link_create_opts, options,
		    .flags = mode == PREFILTER_NATIVE ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);

	return bpf_link_create(prefilter_program_fd(prefilter), (int)index, BPF_XDP, &options);
}

static bool is_occupied(int code)
{
	return code == -EBUSY || code == -EEXIST;
}

static int attach_failed(int code, const char *name, enum prefilter_mode mode, struct error *error)
{
	const char *kind = prefilter_mode_name(mode);

	if (is_occupied(code))
		return error_set(
			error, EBUSY,
			"%s: another XDP program is attached, maybe of a second weir; stop "
			"that first (ip link show %s names it)",
			name, name);
	switch (code) {
	case -EPERM:
		return error_set(
			error, EPERM,
			"%s: this user may not attach XDP programs: CAP_NET_ADMIN missing; "
			"run weir as root or give it the capability",
			name);
	case -ERANGE:
	case -EMSGSIZE:
		return error_set(
			error, -code,
			"%s: the MTU is too large for %s XDP, which holds a frame in one "
			"page, so most drivers take no more than 3400 to 3500; lower it (ip "
			"link set %s mtu 1500) or use --xdp-mode generic",
			name, kind, name);
	case -EOPNOTSUPP:
		return error_set(error, EOPNOTSUPP,
				 "%s: the driver has no %s XDP; use --xdp-mode generic", name,
				 kind);
	default:
		return error_set(
			error, EIO,
			"%s: %s XDP is refused: %s; a large MTU, LRO or too many queues may "
			"be the cause: change that%s",
			name, kind, strerror(-code),
			mode == PREFILTER_NATIVE ? ", or use --xdp-mode generic" : "");
	}
}

static int attach(struct prefilter *prefilter, unsigned int index, const char *name,
		  enum prefilter_mode mode, struct error *error)
{
	enum prefilter_mode tried = mode == PREFILTER_GENERIC ? mode : PREFILTER_NATIVE;
	int link = make_link(prefilter, index, tried);

	if (link < 0 && mode == PREFILTER_AUTO && !is_occupied(link) && link != -EPERM) {
		log_info("%s: no native XDP (%s), so generic", name, strerror(-link));
		tried = PREFILTER_GENERIC;
		link = make_link(prefilter, index, tried);
	}
	if (link < 0)
		return attach_failed(link, name, tried, error);
	prefilter->link = link;
	prefilter->mode = tried;
	return 0;
}

/* The program knows this host's addresses before the first frame comes to it. */
static int attach_knowing(struct prefilter *prefilter, unsigned int index, enum prefilter_mode mode,
			  struct error *error)
{
	char name[IF_NAMESIZE];
	int code;

	if (prefilter->link >= 0)
		return error_set(error, EALREADY,
				 "prefilter: attached already; detach it from there first");
	if (if_indextoname(index, name) == NULL)
		return error_set(error, ENODEV,
				 "prefilter: there is no interface %u (any more); give one that ip "
				 "link shows",
				 index);
	if (prefilter->target == PREFILTER_TO_SOCKETS) {
		code = host_watch_start(index, kernel_host(prefilter), &prefilter->watch, error);
		if (code < 0)
			return code;
	}
	code = attach(prefilter, index, name, mode, error);
	if (code < 0) {
		host_watch_stop(prefilter->watch);
		prefilter->watch = NULL;
	}
	return code;
}

int prefilter_attach(struct prefilter *prefilter, unsigned int index, enum prefilter_mode mode,
		     struct error *error)
{
	int code;

	pthread_mutex_lock(&prefilter->lock);
	code = attach_knowing(prefilter, index, mode, error);
	pthread_mutex_unlock(&prefilter->lock);
	return code;
}

void prefilter_detach(struct prefilter *prefilter)
{
	pthread_mutex_lock(&prefilter->lock);
	if (prefilter->link >= 0)
		close(prefilter->link);
	prefilter->link = -1;
	prefilter->mode = PREFILTER_AUTO;
	host_watch_stop(prefilter->watch);
	prefilter->watch = NULL;
	pthread_mutex_unlock(&prefilter->lock);
}

enum prefilter_mode prefilter_attached(const struct prefilter *prefilter)
{
	return prefilter->mode;
}

int prefilter_add_socket(struct prefilter *prefilter, uint16_t queue, int fd, struct error *error)
{
	const uint32_t key = queue;
	int code = bpf_map_update_elem(prefilter_sockets_fd(prefilter), &key, &fd, BPF_ANY);

	if (code == 0)
		return 0;
	return error_set(
		error, EIO,
		"prefilter: the AF_XDP socket of queue %u cannot be entered: %s; it must be "
		"bound, and the queue one of those the prefilter was created for",
		queue, strerror(-code));
}

void prefilter_remove_socket(struct prefilter *prefilter, uint16_t queue)
{
	const uint32_t key = queue;

	(void)bpf_map_delete_elem(prefilter_sockets_fd(prefilter), &key);
}
