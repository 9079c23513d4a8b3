/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/eal_words.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MB_UNLESS_HUGE 64 /* what the EAL takes with --no-huge, if nobody says more */

enum {
	LONG_VDEV = 256,
	LONG_NO_PCI,
	LONG_NO_HUGE,
	LONG_IN_MEMORY,
	LONG_NO_SHCONF,
	LONG_SINGLE_FILE,
	LONG_PREFIX,
	LONG_HUGE_DIR,
	LONG_SOCKET_MEM,
	LONG_LCORES,
};

static const struct option longs[] = {
	{"help", no_argument, NULL, 'h'},
	{"allow", required_argument, NULL, 'a'},
	{"block", required_argument, NULL, 'b'},
	{"vdev", required_argument, NULL, LONG_VDEV},
	{"no-pci", no_argument, NULL, LONG_NO_PCI},
	{"no-huge", no_argument, NULL, LONG_NO_HUGE},
	{"in-memory", no_argument, NULL, LONG_IN_MEMORY},
	{"no-shconf", no_argument, NULL, LONG_NO_SHCONF},
	{"single-file-segments", no_argument, NULL, LONG_SINGLE_FILE},
	{"file-prefix", required_argument, NULL, LONG_PREFIX},
	{"huge-dir", required_argument, NULL, LONG_HUGE_DIR},
	{"socket-mem", required_argument, NULL, LONG_SOCKET_MEM},
	{"lcores", required_argument, NULL, LONG_LCORES},
	{NULL, 0, NULL, 0},
};
/* All short ones of the EAL, so that the word behind one is not taken for another option. */
static const char shorts[] = "a:b:c:d:hl:m:n:r:s:S:v";

/* "03:00.0,argument=1" as sysfs names the device. False: it is none of PCI. */
static bool read_address(const char *text, char *out, size_t size)
{
	unsigned int domain = 0, bus, device, function;
	int end = 0;

	if ((sscanf(text, "%8x:%2x:%2x.%1u%n", &domain, &bus, &device, &function, &end) != 4 ||
	     end == 0) &&
	    (domain = 0, sscanf(text, "%2x:%2x.%1u%n", &bus, &device, &function, &end) != 3))
		return false;
	if (end == 0 || (text[end] != '\0' && text[end] != ','))
		return false;
	snprintf(out, size, "%04x:%02x:%02x.%u", domain, bus, device, function);
	return true;
}

static void add_address(char (*list)[16], unsigned int *count, const char *text)
{
	if (*count < EAL_DEVICES_MAX && read_address(text, list[*count], sizeof(list[0])))
		(*count)++;
}

/* Bits of a mask in hexadecimal digits. */
static unsigned int count_bits(const char *mask)
{
	unsigned int count = 0;

	mask += strncmp(mask, "0x", 2) == 0 || strncmp(mask, "0X", 2) == 0 ? 2 : 0;
	for (; *mask != '\0'; mask++) {
		const char digit[2] = {*mask, '\0'};

		count += (unsigned int)__builtin_popcountl(strtoul(digit, NULL, 16));
	}
	return count;
}

/* "0-3,7", "(0-2)@(4,5),3@6": the numbers in front of each '@'. */
static unsigned int count_lcores(const char *text)
{
	unsigned int count = 0, depth = 0;
	bool cpus = false;

	while (*text != '\0') {
		char *end = (char *)text + 1;

		depth += *text == '(';
		depth -= *text == ')' && depth > 0;
		if (*text == '@')
			cpus = true;
		else if (*text == ',' && depth == 0)
			cpus = false;
		if (*text >= '0' && *text <= '9') {
			unsigned long first = strtoul(text, &end, 10), last = first;

			if (*end == '-')
				last = strtoul(end + 1, &end, 10);
			count += cpus || last < first ? 0 : (unsigned int)(last - first) + 1;
		}
		text = end;
	}
	return count;
}

static void read_socket_memory(const char *text, struct eal_words *words)
{
	words->memory_mb = 0;
	for (unsigned int node = 0; node < EAL_NODES_MAX && text != NULL; node++) {
		words->socket_mb[node] = strtoull(text, NULL, 10);
		words->memory_mb += words->socket_mb[node];
		text = strchr(text, ',');
		text = text != NULL ? text + 1 : NULL;
	}
}

static void take(int option, const char *value, struct eal_words *words)
{
	switch (option) {
	case 'a':
		add_address(words->devices, &words->device_count, value);
		break;
	case 'b':
		add_address(words->blocked, &words->blocked_count, value);
		break;
	case 'c':
		words->lcores = count_bits(value);
		break;
	case 'l':
	case LONG_LCORES:
		words->lcores = count_lcores(value);
		break;
	case 'm':
		words->memory_mb = strtoull(value, NULL, 10);
		break;
	case LONG_SOCKET_MEM:
		read_socket_memory(value, words);
		break;
	case LONG_VDEV:
		words->vdevs++;
		break;
	case LONG_PREFIX:
		snprintf(words->prefix, sizeof(words->prefix), "%s", value);
		break;
	case LONG_HUGE_DIR:
		words->huge_directory = value;
		break;
	}
	words->only_tells |= option == 'h';
	words->allow_list |= option == 'a';
	words->no_pci |= option == LONG_NO_PCI;
	words->no_huge |= option == LONG_NO_HUGE;
	words->in_memory |= option == LONG_IN_MEMORY;
	words->no_shared |= option == LONG_NO_SHCONF || option == LONG_IN_MEMORY;
	words->single_file |= option == LONG_SINGLE_FILE || option == LONG_IN_MEMORY;
}

void eal_words_read(int count, char *const *arguments, struct eal_words *words)
{
	/* getopt sorts what it is given. */
	char **copy = calloc((size_t)count + 1, sizeof(copy[0]));
	int option;

	*words = (struct eal_words){.prefix = "rte"};
	if (copy == NULL)
		return;
	memcpy(copy, arguments, (size_t)count * sizeof(copy[0]));
	opterr = 0;
	optind = 0;
	while ((option = getopt_long(count, copy, shorts, longs, NULL)) != -1)
		take(option, optarg, words);
	free(copy);
	if (words->no_huge && words->memory_mb == 0)
		words->memory_mb = MB_UNLESS_HUGE;
}
