/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * In place of the prefilter where clang, bpftool or libbpf were missing at build time. As nothing
 * can be created, the functions behind prefilter_create() are never called: they are for the
 * linker.
 */
#include <weir/prefilter.h>

#include <errno.h>
#include <stdlib.h>

int prefilter_create(const struct prefilter_options *options, const struct prefilter_rules *rules,
		     struct prefilter **prefilter, struct error *error)
{
	return error_set(
		error, ENOTSUP,
		"prefilter: this weir was built without XDP programs; build it with clang, "
		"bpftool and libbpf-dev installed (meson option prefilter)");
}

void prefilter_destroy(struct prefilter *prefilter)
{
}

int prefilter_attach(struct prefilter *prefilter, unsigned int index, enum prefilter_mode mode,
		     struct error *error)
{
	abort();
}

void prefilter_detach(struct prefilter *prefilter)
{
	abort();
}

void prefilter_set_state(struct prefilter *prefilter, enum prefilter_state state)
{
	abort();
}

const char *prefilter_mode_name(enum prefilter_mode mode)
{
	abort();
}

enum prefilter_mode prefilter_attached(const struct prefilter *prefilter)
{
	abort();
}

int prefilter_add_socket(struct prefilter *prefilter, uint16_t queue, int fd, struct error *error)
{
	abort();
}

void prefilter_remove_socket(struct prefilter *prefilter, uint16_t queue)
{
	abort();
}

int prefilter_sockets_fd(const struct prefilter *prefilter)
{
	abort();
}

int prefilter_program_fd(const struct prefilter *prefilter)
{
	abort();
}

int prefilter_replace(struct prefilter *prefilter, const struct prefilter_rules *rules,
		      struct error *error)
{
	abort();
}

int prefilter_add(struct prefilter *prefilter, const char *rule, size_t before, struct error *error)
{
	abort();
}

int prefilter_delete(struct prefilter *prefilter, const char *which, struct error *error)
{
	abort();
}

char *prefilter_text(struct prefilter *prefilter)
{
	abort();
}

struct prefilter_sampling prefilter_sampling(struct prefilter *prefilter)
{
	abort();
}

void prefilter_totals(const struct prefilter *prefilter, struct prefilter_totals *totals)
{
	abort();
}

int prefilter_sums(struct prefilter *prefilter, size_t first, size_t max,
		   struct prefilter_sums *sums, struct error *error)
{
	abort();
}

void prefilter_sums_free(struct prefilter_sums *sums)
{
	abort();
}
