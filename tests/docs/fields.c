/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prints docs/fields.md from the list of fields. The test `docs-fields` holds the file to it; after
 * a change: ninja -C build tests/docs/fields.md && cp build/tests/docs/fields.md docs/
 */
#include <stdio.h>

#include <weir/flow.h>
#include <weir/flow_fields.h>

#define PEN_IANA    "IANA"
#define PEN_REVERSE "RFC 5103"
#define PEN_WEIR    "weir"

#define WHEN_ALWAYS "always"
#define WHEN_IPV4   "IPv4"
#define WHEN_IPV6   "IPv6"
#define WHEN_TCP    "TCP"
#define WHEN_ICMP   "ICMP"
#define WHEN_ICMPV6 "ICMPv6"
#define WHEN_ENDED  "not in a live flow"

#define JOIN_SAME       "the same"
#define JOIN_FIRST      "of the earlier"
#define JOIN_FIRST_SEEN "of the earlier with packets that way"
#define JOIN_LEAST      "least"
#define JOIN_GREATEST   "greatest"
#define JOIN_SUM        "sum"
#define JOIN_UNION      "bitwise or"
#define JOIN_END        "3 before 2, 5, 4, 1"

static const struct {
	const char *name, *by;
	int element;
	const char *type, *when, *join, *meaning;
} fields[] = {
#define FIELD(name, pen, element, type, member, side, when, join, meaning)                         \
	{#name, PEN_##pen, element, #type, WHEN_##when, JOIN_##join, meaning},
	FLOW_FIELDS(FIELD)
#undef FIELD
};

int main(void)
{
	printf("# Fields of a flow record\n\n"
	       "Made from `lib/flow/include/weir/flow_fields.h`, the one list of them. Each record "
	       "is a biflow (RFC 5103): *forward* is the direction\n"
	       "of its first packet. Names, numbers and types are those of IPFIX (RFC 7012, IANA); "
	       "those of RFC 5103 are the same elements of the\n"
	       "other direction (enterprise %d). Elements of weir's own stand under enterprise %d, "
	       "the one for examples (RFC 5612), until weir has\n"
	       "one: among them those of both directions, whose namesakes at IANA are of one. The "
	       "last column says how two pieces of one flow make one record, in weir "
	       "where a flow was split over workers, and for whoever\n"
	       "joins what active timeouts have cut.\n\n"
	       "| field | of | element | type | there | value | of two pieces |\n"
	       "|---|---|---|---|---|---|---|\n",
	       FLOW_PEN_REVERSE, FLOW_PEN_WEIR);
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		printf("| `%s` | %s | %d | %s | %s | %s | %s |\n", fields[i].name, fields[i].by,
		       fields[i].element, fields[i].type, fields[i].when, fields[i].meaning,
		       fields[i].join);
	return 0;
}
