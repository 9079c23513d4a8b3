/* SPDX-License-Identifier: BSD-3-Clause */
#include "captures.h"

#include <dirent.h>
#include <pcap/pcap.h>
#include <stdio.h>

void capture_file(const char *path, capture_frame *each, void *context)
{
	char why[PCAP_ERRBUF_SIZE], what[640];
	pcap_t *pcap = pcap_open_offline(path, why);
	struct pcap_pkthdr *header;
	unsigned long number = 0;
	const u_char *frame;

	if (pcap == NULL) /* some captures are broken on purpose */
		return;
	while (pcap_next_ex(pcap, &header, &frame) == 1) {
		snprintf(what, sizeof(what), "%s, frame %lu", path, ++number);
		each(context, what, frame, header->caplen);
	}
	pcap_close(pcap);
}

void capture_folder(const char *path, capture_frame *each, void *context)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char file[600];

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			capture_file(file, each, context);
	}
	if (folder != NULL)
		closedir(folder);
}
