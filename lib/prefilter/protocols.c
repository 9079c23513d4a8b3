/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <string.h>

static const struct {
	const char *name;
	uint32_t number;
} protocols[] = {
	{"tcp", 6},       {"udp", 17}, {"icmp", 1}, {"icmp6", 58}, {"sctp", 132}, {"dccp", 33},
	{"udplite", 136}, {"gre", 47}, {"esp", 50}, {"ah", 51},    {"igmp", 2},   {"ospf", 89},
};

int protocol_number(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (strlen(protocols[i].name) == length &&
		    memcmp(protocols[i].name, name, length) == 0)
			return (int)protocols[i].number;
	return -1;
}

const char *protocol_name(uint32_t number)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	return NULL;
}
