/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * libFuzzer target of --filter: any expression on any frame. What libpcap compiles, DPDK refuses
 * with one line or judges as libpcap's own interpreter does: by the interpreter and by the JIT, in
 * one segment and in several, whole and cut by a snap length.
 * Input: the expression, a newline, a byte each for what is cut and where segments end, the frame.
 */
#include "fuzz.h"

#include <netdb.h>
#include <string.h>

/* Its inside: to ask the interpreter and the JIT each. */
#include "../../lib/port/filter.c"

#define EXPRESSION_MAX 512
#define FRAME_MAX      2048

static struct rte_mempool *pool;
static struct port_fields fields;

/* Names in expressions: nobody is asked for them, each look-up would take seconds. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **result)
{
	(void)node, (void)service, (void)hints, (void)result;
	return EAI_NONAME;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_eal_start("64");
	require(port_fields_register(&fields, NULL) == 0);
	pool = rte_pktmbuf_pool_create("fuzz", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	require(pool != NULL);
	return 0;
}

/* The frame in mbufs, a new one after every `part` bytes. */
static struct rte_mbuf *make_mbuf(const uint8_t *data, uint32_t length, uint32_t part)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(pool), *last = head;

	require(head != NULL);
	for (uint32_t done = 0; done < length;) {
		uint32_t more = RTE_MIN(part, length - done);

		if (done > 0) {
			last->next = rte_pktmbuf_alloc(pool);
			last = last->next;
			require(last != NULL);
			head->nb_segs++;
		}
		memcpy(rte_pktmbuf_append(last, (uint16_t)more), data + done, more);
		done += more;
	}
	head->pkt_len = length;
	return head;
}

static void check_frame(struct filter *filter, const uint8_t *data, uint32_t length, uint32_t wire,
			uint32_t part)
{
	const struct pcap_pkthdr header = {.caplen = length, .len = wire};
	struct rte_mbuf *mbuf = make_mbuf(data, length, part);
	bool expected = pcap_offline_filter(&filter->code.program, &header, data) != 0;

	if (wire == length) {
		require((rte_bpf_exec(filter->code.bpf, mbuf) != 0) == expected);
		if (filter->code.jit.func != NULL)
			require((filter->code.jit.func(mbuf) != 0) == expected);
	}
	/* As the capture reader sets it. */
	mbuf->ol_flags = fields.wire_flag;
	*RTE_MBUF_DYNFIELD(mbuf, fields.wire_length, uint32_t *) = wire;
	require(filter_match(filter, &mbuf, 1) == expected);
	rte_pktmbuf_free(mbuf);
}

static void check_filter(struct filter *filter, const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	uint32_t beyond = input_byte(&input), part = 1 + (uint32_t)input_byte(&input) * 8;
	uint32_t length = (uint32_t)RTE_MIN(input.left, (size_t)FRAME_MAX);

	part = RTE_MAX(part, length / 32 + 1);
	check_frame(filter, input.data, length, length, FRAME_MAX);
	check_frame(filter, input.data, length, length, part);
	/* Cut frames: in one segment, as the reader makes them up to 2 kB; longer ones are not
	 * judged beyond their first segment. */
	check_frame(filter, input.data, length, length + beyond, FRAME_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = memchr(data, '\n', size);
	char expression[EXPRESSION_MAX] = "";
	struct filter *filter = NULL;
	struct error error = {""};
	size_t length = end == NULL ? size : (size_t)(end - data);

	if (length >= EXPRESSION_MAX)
		return -1;
	if (length > 0)
		memcpy(expression, data, length);
	if (filter_create(expression, &fields, &filter, &error) != 0) {
		require(filter == NULL && error.text[0] != '\0');
		return 0;
	}
	if (end != NULL)
		check_filter(filter, end + 1, size - length - 1);
	filter_destroy(filter);
	require(rte_mempool_avail_count(pool) == 63);
	return 0;
}
