/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a decision of the prefilter costs: BPF_PROG_TEST_RUN of rule sets, in rounds, side by side
 * with a program that only drops, one that only redirects to an AF_XDP socket, and xdp-filter
 * where it is installed. The same frame is run over and over: caches are warm and branches well
 * predicted. As root:
 *
 *	bench-xdp [ROUNDS [REPEAT]]
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <kit/frame.h>
#include <weir/prefilter.h>

#include "../unit/prefilter/socket.h"

#define CANDIDATES 20
#define ROUNDS_MAX 1000

/* UDP, 64 octets with the FCS that is not there: 192.0.2.1 to 198.51.100.2, or the IPv6 likeness.
 */
static uint8_t frame4[60], frame6[70];

static void make_frames(void)
{
	const struct frame_ipv4 ipv4 = {.from = 0xc0000201,
					.to = 0xc6336402,
					.octets = sizeof(frame4) - 14,
					.protocol = IPPROTO_UDP};

	put_udp(put_ipv4(put_ethernet(frame4, 1, 2, 0x0800), &ipv4), 50000, 53, 26);
	put_udp(put_ipv6(put_ethernet(frame6, 1, 2, 0x86dd), 1, 2, IPPROTO_UDP, 16), 50000, 53, 16);
}

struct candidate {
	const char *name;
	int program;
	const uint8_t *frame;
	uint32_t length;
	double ns[ROUNDS_MAX];
};

struct bench {
	struct candidate candidate[CANDIDATES];
	size_t count;
	int socket; /* an AF_XDP socket, bound */
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "bench-xdp: %s: %s\n", what, why);
	exit(1);
}

static void add(struct bench *bench, const char *name, int program, int version)
{
	bench->candidate[bench->count++] = (struct candidate){
		.name = name,
		.program = program,
		.frame = version == 4 ? frame4 : frame6,
		.length = version == 4 ? sizeof(frame4) : sizeof(frame6),
	};
}

static int load(const struct bpf_insn *code, size_t count)
{
	int program = bpf_prog_load(BPF_PROG_TYPE_XDP, "weir_bare", "BSD", code, count, NULL);

	if (program < 0)
		die("a bare program", strerror(-program));
	return program;
}

static void add_bare_drop(struct bench *bench)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP},
		{.code = BPF_JMP | BPF_EXIT},
	};

	add(bench, "bare XDP_DROP", load(code, 2), 4);
}

/* return bpf_redirect_map(&sockets, context->rx_queue_index, XDP_PASS) */
static void add_bare_redirect(struct bench *bench)
{
	const int sockets = bpf_map_create(BPF_MAP_TYPE_XSKMAP, "weir_bare", 4, 4, 64, NULL);
	const uint32_t queue = 0;
	const struct bpf_insn code[] = {
		{.code = BPF_LDX | BPF_MEM | BPF_W,
		 .dst_reg = BPF_REG_2,
		 .src_reg = BPF_REG_1,
		 .off = offsetof(struct xdp_md, rx_queue_index)},
		{.code = BPF_LD | BPF_DW | BPF_IMM,
		 .dst_reg = BPF_REG_1,
		 .src_reg = BPF_PSEUDO_MAP_FD,
		 .imm = sockets},
		{0},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map},
		{.code = BPF_JMP | BPF_EXIT},
	};

	if (bpf_map_update_elem(sockets, &queue, &bench->socket, BPF_ANY) < 0)
		die("the socket of the bare program", strerror(errno));
	add(bench, "bare redirect", load(code, 6), 4);
}

/* The program with all features of Debian's xdp-tools, if installed; its maps empty. */
static void add_xdp_filter(struct bench *bench)
{
	static const char path[] = "/usr/lib/x86_64-linux-gnu/bpf/xdpfilt_alw_all.o";
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *map;

	if (access(path, R_OK) != 0) {
		printf("xdp-filter: not installed (package xdp-tools)\n");
		return;
	}
	object = bpf_object__open_file(path, NULL);
	if (object == NULL)
		die(path, strerror(errno));
	bpf_object__for_each_map(map, object) bpf_map__set_pin_path(map, NULL);
	program = bpf_object__next_program(object, NULL);
	bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
	if (bpf_object__load(object) < 0) {
		printf("xdp-filter: %s does not load here: %s\n", path, strerror(errno));
		return;
	}
	add(bench, "xdp-filter, no rule", bpf_program__fd(program), 4);
}

static void add_rules(struct bench *bench, const char *name, const char *text, int version)
{
	const struct prefilter_options options = {.target = PREFILTER_TO_SOCKETS};
	struct prefilter_rules *rules = NULL;
	struct prefilter *prefilter;
	struct error error;

	if ((text != NULL && prefilter_rules_parse(name, text, strlen(text), &rules, &error) < 0) ||
	    prefilter_create(&options, rules, &prefilter, &error) < 0 ||
	    prefilter_add_socket(prefilter, 0, bench->socket, &error) < 0)
		die(name, error.text);
	add(bench, name, prefilter_program_fd(prefilter), version);
	prefilter_rules_free(rules);
}

/* Sources all over the addresses, none twice (the factor is odd) and none the frame's. */
static void add_prefixes(struct bench *bench, const char *name, unsigned int count, int version)
{
	char *text = malloc(count * 60 + 1);
	size_t length = 0;

	for (uint32_t i = 1; i <= count; i++) {
		const uint32_t n = i * 2654435761u;

		length +=
			(size_t)(version == 4
					 ? sprintf(text + length, "drop from %u.%u.%u.%u\n",
						   n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)
					 : sprintf(text + length, "drop from 2001:db8:%x:%x::/64\n",
						   n >> 16, n & 0xffff));
	}
	add_rules(bench, name, text, version);
	free(text);
}

static void add_combinations(struct bench *bench, const char *name, unsigned int count)
{
	char *text = malloc(count * 80 + 1);
	size_t length = 0;

	for (unsigned int i = 0; i < count; i++)
		length += (size_t)sprintf(text + length,
					  "drop proto tcp from 10.%u.0.0/16 vlan %u to port %u\n",
					  i & 255, i, 1000 + i);
	add_rules(bench, name, text, 4);
	free(text);
}

static void run(struct candidate *candidate, unsigned int round, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = candidate->frame,
		    .data_size_in = candidate->length, .repeat = repeat);

	if (bpf_prog_test_run_opts(candidate->program, &options) < 0)
		die(candidate->name, strerror(errno));
	candidate->ns[round] = options.duration;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Rounds in which the two ran side by side are compared, not the sums. */
static void print_ratio(const struct candidate *one, const struct candidate *base,
			unsigned int rounds)
{
	double ratio[ROUNDS_MAX];

	for (unsigned int i = 0; i < rounds; i++)
		ratio[i] = one->ns[i] / (base->ns[i] > 0 ? base->ns[i] : 1);
	qsort(ratio, rounds, sizeof(ratio[0]), by_size);
	printf("  %5.2f %5.2f %5.2f", ratio[0], ratio[rounds / 2], ratio[rounds - 1]);
}

static void print(struct bench *bench, unsigned int rounds)
{
	printf("%-26s %15s  %17s  %17s\n%-26s %15s  %17s  %17s\n", "", "ns a frame",
	       "to bare XDP_DROP", "to bare redirect", "", "min  med  max", "min   med   max",
	       "min   med   max");
	for (size_t i = 0; i < bench->count; i++) {
		struct candidate sorted = bench->candidate[i];

		qsort(sorted.ns, rounds, sizeof(sorted.ns[0]), by_size);
		printf("%-26s %5.0f%5.0f%5.0f", sorted.name, sorted.ns[0], sorted.ns[rounds / 2],
		       sorted.ns[rounds - 1]);
		print_ratio(&bench->candidate[i], &bench->candidate[0], rounds);
		print_ratio(&bench->candidate[i], &bench->candidate[1], rounds);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	const int rounds = argc > 1 ? atoi(argv[1]) : 15,
		  repeat = argc > 2 ? atoi(argv[2]) : 100000;
	struct bench *bench = calloc(1, sizeof(*bench));

	if (bench == NULL || rounds < 1 || rounds > ROUNDS_MAX || repeat < 1)
		die("usage", "bench-xdp [ROUNDS 1..1000 [REPEAT]]");
	bench->socket = xdp_socket();
	if (bench->socket < 0)
		die("an AF_XDP socket on lo", strerror(-bench->socket));
	make_frames();
	add_bare_drop(bench);
	add_bare_redirect(bench);
	add_xdp_filter(bench);
	add_rules(bench, "no prefilter", NULL, 4);
	add_rules(bench, "analyse, no rule", "", 4);
	add_rules(bench, "drop, no rule", "default drop", 4);
	add_rules(bench, "drop from one prefix", "drop from 192.0.2.0/24", 4);
	add_prefixes(bench, "10 prefixes", 10, 4);
	add_prefixes(bench, "1,000 prefixes", 1000, 4);
	add_prefixes(bench, "10,000 prefixes", 10000, 4);
	add_prefixes(bench, "100,000 prefixes", 100000, 4);
	add_rules(bench, "IPv6, no rule", "", 6);
	add_prefixes(bench, "IPv6, 10,000 prefixes", 10000, 6);
	add_prefixes(bench, "IPv6, 100,000 prefixes", 100000, 6);
	add_combinations(bench, "10 combinations", 10);
	add_combinations(bench, "500 combinations", 500);
	add_rules(bench, "limit, within", "default limit 1000M packets/s", 4);
	add_rules(bench, "limit, above", "default limit 1 packets/s", 4);
	add_rules(bench, "sample 1/100", "default sample 1/100", 4);
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < bench->count; i++)
			run(&bench->candidate[i], (unsigned int)round, repeat);
	print(bench, (unsigned int)rounds);
	free(bench);
	return 0;
}
