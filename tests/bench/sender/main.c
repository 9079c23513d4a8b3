/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-sender [EAL options] -- CAPTURE
 *
 * Sends through port 0, as it is told on standard input, a line for each trial:
 *
 *	RATE FRAMES [lossless]		RATE 0: as fast as the port takes them
 *
 * and answers each with a line of JSON. Ends at the end of its input: only then does the link go
 * down, so nothing that it sent is lost in between.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "sender.h"

#define PORT        0
#define DESCRIPTORS 1024
#define BUFFERS     8191
#define LINK_WAIT_S 60

static void fail(const char *what, int error)
{
	fprintf(stderr, "bench-sender: %s: %s; see its EAL options\n", what, rte_strerror(error));
	exit(EXIT_FAILURE);
}

static struct rte_mempool *start_port(void)
{
	struct rte_eth_conf configuration = {0};
	struct rte_mempool *pool = rte_pktmbuf_pool_create(
		"sender", BUFFERS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	int result;

	if (pool == NULL)
		fail("buffers", rte_errno);
	result = rte_eth_dev_configure(PORT, 1, 1, &configuration);
	if (result == 0)
		result = rte_eth_rx_queue_setup(PORT, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL, pool);
	if (result == 0)
		result = rte_eth_tx_queue_setup(PORT, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (result == 0)
		result = rte_eth_dev_start(PORT);
	if (result != 0)
		fail("port 0", -result);
	return pool;
}

static void wait_for_link(void)
{
	struct rte_eth_link link = {0};

	for (int tries = 0; tries < LINK_WAIT_S * 1000; tries++) {
		if (rte_eth_link_get_nowait(PORT, &link) == 0 &&
		    link.link_status == RTE_ETH_LINK_UP)
			return;
		usleep(1000);
	}
	fail("port 0: no link", ETIMEDOUT);
}

static struct trial parse_trial(char *line)
{
	struct trial trial = {0};
	char how[16];
	int fields;

	line[strcspn(line, "\n")] = '\0';
	fields = sscanf(line, "%" SCNu64 " %" SCNu64 " %15s", &trial.rate, &trial.frames, how);
	if (fields < 2 || (fields == 3 && strcmp(how, "lossless") != 0)) {
		fprintf(stderr, "bench-sender: %s: no trial; give RATE FRAMES [lossless]\n", line);
		exit(EXIT_FAILURE);
	}
	trial.lossless = fields == 3;
	return trial;
}

static void serve(struct frames *frames, struct rte_mempool *pool)
{
	char line[128];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		struct trial trial = parse_trial(line);
		struct trial_result result;

		trial_run(&trial, frames, PORT, pool, &result);
		printf("{\"offered\": %" PRIu64 ", \"accepted\": %" PRIu64
		       ", \"seconds\": %.6f, \"late\": %.6f}\n",
		       result.offered, result.accepted, result.seconds, result.late);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	struct rte_mempool *pool;
	struct frames frames;

	if (used < 0)
		fail("EAL", rte_errno);
	if (argc - used != 2) {
		fprintf(stderr, "usage: bench-sender [EAL options] -- CAPTURE\n");
		return 2;
	}
	frames_load(&frames, argv[used + 1]);
	pool = start_port();
	wait_for_link();
	printf("{\"frames\": %" PRIu64 "}\n", frames.count);
	fflush(stdout);
	serve(&frames, pool);
	rte_eth_dev_stop(PORT);
	rte_eth_dev_close(PORT);
	rte_eal_cleanup();
	return 0;
}
