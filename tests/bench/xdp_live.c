/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Live frames over a veth pair into a receiver's XDP program: BPF_PROG_TEST_RUN makes them and
 * sends 64 at a time; what the receiver does with them then runs on the same core, before the next
 * 64. So none is lost on the way, and the time of a run is that of both ends. As root:
 *
 *	bench-xdp-live SENDER RECEIVER [RULES...]
 *
 * Reads lines "WHAT SOURCES FRAMES" and answers each by {"ns": of a frame, by the kernel's clock,
 * which stands while something else has the core, "counted": frames that the prefilter says it
 * dropped}. WHAT is
 *
 *	keep	the sender keeps its frames: what making them costs
 *	send	RECEIVER has a program of another process
 *	bare	RECEIVER gets a program that does nothing but drop
 *	1, 2..	RECEIVER gets the prefilter with that file of RULES
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <kit/frame.h>
#include <weir/prefilter.h>

#include "xdp_live.skel.h"

#define RULES_MAX 16

/* UDP, 64 octets with the FCS that is not there; the sender's program sets the source. */
static uint8_t frame[60];

static void make_frame(void)
{
	const struct frame_ipv4 ipv4 = {.from = 0x0a000000,
					.to = 0xc6336402,
					.octets = sizeof(frame) - 14,
					.protocol = IPPROTO_UDP};

	put_udp(put_ipv4(put_ethernet(frame, 1, 2, 0x0800), &ipv4), 50000, 53, 26);
}

struct bench {
	struct xdp_live_bpf *bpf;
	unsigned int sender, receiver;
	struct prefilter *prefilter[RULES_MAX];
	unsigned int count;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench-xdp-live: %s: %s\n", what, why);
	exit(1);
}

static unsigned int interface(const char *name)
{
	const unsigned int index = if_nametoindex(name);

	if (index == 0)
		die(name, strerror(errno));
	return index;
}

static struct prefilter *load(const char *path)
{
	const struct prefilter_options options = {.target = PREFILTER_TO_KERNEL};
	struct prefilter_rules *rules;
	struct prefilter *prefilter;
	struct error error;

	if (prefilter_rules_read(path, &rules, &error) < 0 ||
	    prefilter_create(&options, rules, &prefilter, &error) < 0)
		die(path, error.text);
	prefilter_rules_free(rules);
	return prefilter;
}

/* Returns the ns of a frame. */
static unsigned int run(const struct bench *bench, const struct bpf_program *program,
			unsigned int frames)
{
	struct xdp_md context = {.data_end = sizeof(frame), .ingress_ifindex = bench->sender};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &context, .ctx_size_in = sizeof(context), .repeat = (int)frames,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options) < 0)
		die("live frames", strerror(errno));
	return options.duration;
}

static unsigned int run_bare(const struct bench *bench, unsigned int frames)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = XDP_FLAGS_DRV_MODE);
	const int bare = bpf_program__fd(bench->bpf->progs.bench_bare);
	const int link = bpf_link_create(bare, (int)bench->receiver, BPF_XDP, &options);
	unsigned int ns;

	if (link < 0)
		die("the bare program", strerror(-link));
	ns = run(bench, bench->bpf->progs.bench_send, frames);
	close(link);
	return ns;
}

static unsigned int run_prefilter(const struct bench *bench, struct prefilter *prefilter,
				  unsigned int frames, uint64_t *dropped)
{
	struct prefilter_totals before, after;
	struct error error;
	unsigned int ns;

	if (prefilter_attach(prefilter, bench->receiver, PREFILTER_NATIVE, &error) < 0)
		die("the prefilter", error.text);
	prefilter_totals(prefilter, &before);
	ns = run(bench, bench->bpf->progs.bench_send, frames);
	prefilter_totals(prefilter, &after);
	prefilter_detach(prefilter);
	*dropped = after.dropped.packets - before.dropped.packets;
	return ns;
}

static void answer(struct bench *bench, const char *line)
{
	unsigned int sources, frames, rules, ns;
	uint64_t dropped = 0;
	char what[8];

	if (sscanf(line, "%7s %u %u", what, &sources, &frames) != 3 || sources == 0 || frames == 0)
		die(line, "not WHAT SOURCES FRAMES");
	bench->bpf->data->sources = sources;
	rules = (unsigned int)atoi(what);
	if (strcmp(what, "keep") == 0)
		ns = run(bench, bench->bpf->progs.bench_keep, frames);
	else if (strcmp(what, "send") == 0)
		ns = run(bench, bench->bpf->progs.bench_send, frames);
	else if (strcmp(what, "bare") == 0)
		ns = run_bare(bench, frames);
	else if (rules > 0 && rules <= bench->count)
		ns = run_prefilter(bench, bench->prefilter[rules - 1], frames, &dropped);
	else
		die(what, "neither keep, send, bare nor the number of a file of rules");
	printf("{\"ns\": %u, \"counted\": %" PRIu64 "}\n", ns, dropped);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct bench bench = {0};
	char line[80];

	if (argc < 3 || argc - 3 > RULES_MAX)
		die("usage", "bench-xdp-live SENDER RECEIVER [RULES... up to 16]");
	bench.sender = interface(argv[1]);
	bench.receiver = interface(argv[2]);
	make_frame();
	bench.bpf = xdp_live_bpf__open_and_load();
	if (bench.bpf == NULL)
		die("its own programs", strerror(errno));
	for (; (int)bench.count < argc - 3; bench.count++)
		bench.prefilter[bench.count] = load(argv[3 + bench.count]);
	while (fgets(line, sizeof(line), stdin) != NULL)
		answer(&bench, line);
	while (bench.count > 0)
		prefilter_destroy(bench.prefilter[--bench.count]);
	xdp_live_bpf__destroy(bench.bpf);
	return 0;
}
