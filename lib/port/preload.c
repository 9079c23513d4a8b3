/* SPDX-License-Identifier: BSD-3-Clause */
#include "preload.h"

#include <pcap/pcap.h>
#include <string.h>

#include <rte_devargs.h>
#include <rte_kvargs.h>

#include "driver.h"

struct preload {
	uint32_t frames, longest;
};

static void count_frame(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes)
{
	struct preload *preload = (struct preload *)user;

	(void)bytes;
	preload->frames++;
	preload->longest = RTE_MAX(preload->longest, header->caplen);
}

static int count_file(const char *key, const char *path, void *context)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(path, reason);

	(void)key;
	if (pcap == NULL) /* the driver will say so itself */
		return 0;
	/* What is cut the driver leaves out, too. */
	(void)!pcap_loop(pcap, -1, count_frame, context);
	pcap_close(pcap);
	return 0;
}

bool preload_count(const struct rte_eth_dev_info *info, uint32_t *frames, uint32_t *longest)
{
	struct preload preload = {0};
	struct rte_kvargs *list;
	char infinite[8];

	if (!driver_argument(info, "infinite_rx", infinite, sizeof(infinite)) ||
	    strcmp(infinite, "1") != 0)
		return false;
	list = rte_kvargs_parse(rte_dev_devargs(info->device)->args, NULL);
	if (list == NULL)
		return false;
	rte_kvargs_process(list, "rx_pcap", count_file, &preload);
	rte_kvargs_free(list);
	*frames = preload.frames;
	*longest = preload.longest;
	return true;
}
