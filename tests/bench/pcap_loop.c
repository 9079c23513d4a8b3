/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bench-pcap: read a capture with libpcap and do nothing but add up frame lengths. What a
 * reader takes beyond this is its own.
 */
#include <inttypes.h>
#include <stdio.h>

#include <pcap/pcap.h>

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint64_t frames = 0, octets = 0;
	pcap_t *pcap;
	int result;

	if (argc != 2) {
		fprintf(stderr, "usage: bench-pcap FILE\n");
		return 2;
	}
	pcap = pcap_open_offline(argv[1], error);
	if (pcap == NULL) {
		fprintf(stderr, "bench-pcap: %s\n", error);
		return 1;
	}
	while ((result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
		frames++;
		octets += header->len;
	}
	if (result != PCAP_ERROR_BREAK)
		fprintf(stderr, "bench-pcap: %s\n", pcap_geterr(pcap));
	pcap_close(pcap);
	printf("{\"frames\": %" PRIu64 ", \"octets\": %" PRIu64 "}\n", frames, octets);
	return result == PCAP_ERROR_BREAK ? 0 : 1;
}
