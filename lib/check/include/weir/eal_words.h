/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EAL_WORDS_H
#define WEIR_EAL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What the EAL's arguments ask of the machine, read before the EAL reads them: it tells nothing of
 * itself until it has started. What is not understood is left to it.
 */

#define EAL_DEVICES_MAX 32
#define EAL_NODES_MAX   8

struct eal_words {
	char devices[EAL_DEVICES_MAX][16]; /* -a, those of PCI, as "0000:03:00.0" */
	unsigned int device_count;
	bool allow_list;                   /* there is an -a: nothing else is taken */
	char blocked[EAL_DEVICES_MAX][16]; /* -b */
	unsigned int blocked_count;
	unsigned int vdevs;
	unsigned int lcores;               /* 0: as many as there are CPUs */
	uint64_t memory_mb;                /* -m, --socket-mem; 0: as it comes */
	uint64_t socket_mb[EAL_NODES_MAX]; /* --socket-mem */
	bool only_tells;                   /* -h: there is no run */
	bool no_pci, no_huge, in_memory, no_shared, single_file;
	char prefix[64];
	const char *huge_directory; /* a word of argv; NULL: any */
};

/* argv[0] is the program's name. */
void eal_words_read(int count, char *const *arguments, struct eal_words *words);

#endif
