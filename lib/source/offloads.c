/* SPDX-License-Identifier: BSD-3-Clause */
#include "offloads.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <weir/kernel_link.h>

static const char *const names[] = {
	"rx-gro", "rx-gro-hw", "rx-lro", "rx-gro-list", "rx-udp-gro-forwarding",
};
#define OFFLOADS (sizeof(names) / sizeof(names[0]))

/* Kernel 6.12 has 64 features. */
#define FEATURES_MAX 256
#define BLOCKS_MAX   (FEATURES_MAX / 32)

/* The kernel's number of each offload; it differs from kernel to kernel. -1: it has none. */
struct numbers {
	int of[OFFLOADS];
	uint32_t blocks; /* words of 32 features */
};

static int read_numbers(const char *interface, struct numbers *numbers)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	struct {
		struct ethtool_gstrings strings;
		char text[FEATURES_MAX][ETH_GSTRING_LEN];
	} all = {.strings = {.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES}};
	int result = kernel_link_ethtool(interface, &set);

	if (result != 0)
		return result;
	if (set.info.sset_mask == 0 || set.count > FEATURES_MAX)
		return -ENOTSUP;
	all.strings.len = set.count;
	result = kernel_link_ethtool(interface, &all);
	numbers->blocks = (set.count + 31) / 32;
	for (unsigned int i = 0; i < OFFLOADS; i++) {
		numbers->of[i] = -1;
		for (uint32_t f = 0; f < set.count; f++)
			if (strncmp(all.text[f], names[i], ETH_GSTRING_LEN) == 0)
				numbers->of[i] = (int)f;
	}
	return result;
}

struct features {
	struct ethtool_gfeatures header;
	struct ethtool_get_features_block blocks[BLOCKS_MAX];
};

static int read_features(const char *interface, const struct numbers *numbers,
			 struct features *features)
{
	memset(features, 0, sizeof(*features));
	features->header.cmd = ETHTOOL_GFEATURES;
	features->header.size = numbers->blocks;
	return kernel_link_ethtool(interface, features);
}

static bool bit(uint32_t word, int feature)
{
	return (word >> (feature % 32) & 1) != 0;
}

/* Those that are in force, or (`asked`) that somebody wants to be. */
static unsigned int mask_of(const struct numbers *numbers, const struct features *features,
			    bool asked)
{
	unsigned int mask = 0;

	for (unsigned int i = 0; i < OFFLOADS; i++) {
		const struct ethtool_get_features_block *block;

		if (numbers->of[i] < 0)
			continue;
		block = &features->blocks[numbers->of[i] / 32];
		if (bit(asked ? block->requested : block->active, numbers->of[i]))
			mask |= 1u << i;
	}
	return mask;
}

int offloads_read(const char *interface, unsigned int *on)
{
	struct features features;
	struct numbers numbers;
	int result = read_numbers(interface, &numbers);

	if (result == 0)
		result = read_features(interface, &numbers, &features);
	*on = result == 0 ? mask_of(&numbers, &features, false) : 0;
	return result;
}

int offloads_set(const char *interface, unsigned int which, int on, unsigned int *changed)
{
	struct {
		struct ethtool_sfeatures header;
		struct ethtool_set_features_block blocks[BLOCKS_MAX];
	} request = {.header = {.cmd = ETHTOOL_SFEATURES}};
	struct features before, after;
	struct numbers numbers;
	int result = read_numbers(interface, &numbers);

	*changed = 0;
	if (result == 0)
		result = read_features(interface, &numbers, &before);
	if (result != 0)
		return result;
	request.header.size = numbers.blocks;
	for (unsigned int i = 0; i < OFFLOADS; i++) {
		int feature = numbers.of[i];

		if (feature < 0 || (which >> i & 1) == 0)
			continue;
		request.blocks[feature / 32].valid |= 1u << (feature % 32);
		if (on)
			request.blocks[feature / 32].requested |= 1u << (feature % 32);
	}
	result = kernel_link_ethtool(interface, &request);
	if (result == 0)
		result = read_features(interface, &numbers, &after);
	if (result == 0)
		*changed = which &
			   (mask_of(&numbers, &before, true) ^ mask_of(&numbers, &after, true));
	return result;
}

const char *offloads_name(unsigned int index)
{
	return index < OFFLOADS ? names[index] : NULL;
}

const char *offloads_text(unsigned int which, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < OFFLOADS; i++)
		if ((which >> i & 1) != 0 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used > 0 ? ", " : "", names[i]);
	return text;
}
