/* SPDX-License-Identifier: BSD-3-Clause */
#include "rules.h"

#include <string.h>

#include <weir/protocols.h>

/* Rules call these by name. The name of an extension header, which no key has, would mislead. */
static const uint8_t called[] = {
	PROTOCOL_TCP,  PROTOCOL_UDP,  PROTOCOL_ICMP,    PROTOCOL_ICMPV6,
	PROTOCOL_SCTP, PROTOCOL_DCCP, PROTOCOL_UDPLITE, PROTOCOL_GRE,
	PROTOCOL_ESP,  PROTOCOL_AH,   PROTOCOL_IGMP,    PROTOCOL_OSPF,
};

#define NAME(protocol, number, name) [number] = (name),
static const char *const names[256] = {PROTOCOL_LIST(NAME)};

int protocol_number(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(called); i++)
		if (strlen(names[called[i]]) == length &&
		    memcmp(names[called[i]], name, length) == 0)
			return called[i];
	return -1;
}

const char *protocol_name(uint32_t number)
{
	return number < 256 && memchr(called, (int)number, sizeof(called)) != NULL ? names[number]
										   : NULL;
}
