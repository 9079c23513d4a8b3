/* SPDX-License-Identifier: BSD-3-Clause */
/* The elements of weir's own, as readers are told of them (RFC 5610). */
#include "ipfix.h"

/* IANA's registries: data types, semantics, units. */
#define TYPE_unsigned8            1
#define TYPE_unsigned16           2
#define TYPE_unsigned32           3
#define TYPE_unsigned64           4
#define TYPE_boolean              11
#define TYPE_macAddress           12
#define TYPE_dateTimeMilliseconds 15
#define TYPE_ipv4Address          18
#define TYPE_ipv6Address          19

#define SEMANTICS_GAUGE    1 /* quantity */
#define SEMANTICS_COUNTER  2 /* totalCounter */
#define SEMANTICS_SUM      3 /* deltaCounter */
#define SEMANTICS_LEAST    1
#define SEMANTICS_GREATEST 1
#define SEMANTICS_UNION    5 /* flags */

#define UNITS_none    0
#define UNITS_boolean 0
#define UNITS_octets  2
#define UNITS_packets 3
#define UNITS_items   12 /* entries */
#define UNITS_frames  13

#define OWN_IF_IANA(...)
#define OWN_IF_REVERSE(...)
#define OWN_IF_WEIR(...) __VA_ARGS__

#define OWN_FIELD(name, pen, element, type, member, side, when, join, meaning)                     \
	OWN_IF_##pen({element, TYPE_##type, SEMANTICS_##join, UNITS_none, "", #name, meaning}, )
#define OWN_LEDGER(name, kind, unit, sum, label, value, meaning)                                   \
	{OWN_LEDGER_##name, TYPE_unsigned64, SEMANTICS_##kind,  UNITS_##unit,                      \
	 "Ledger",          #name,           #unit ": " meaning},
#define OWN_OUTPUT(name, kind, unit, sum, label, value, meaning)                                   \
	{OWN_OUTPUT_##name, TYPE_unsigned64, SEMANTICS_##kind,  UNITS_##unit,                      \
	 "Output",          #name,           #unit ": " meaning},

const struct own_element own_elements[] = {
	FLOW_FIELDS(OWN_FIELD){OWN_FINAL, TYPE_unsigned64, SEMANTICS_GAUGE, UNITS_none, "", "final",
			       "1: all flows have ended, and these are the last statistics"},
	{OWN_SENT_PACKETS, TYPE_unsigned64, SEMANTICS_COUNTER, UNITS_packets, "", "sent_packets",
	 "of the flow records sent, both directions"},
	{OWN_SENT_OCTETS, TYPE_unsigned64, SEMANTICS_COUNTER, UNITS_octets, "", "sent_octets",
	 "of the flow records sent, both directions; IP"},
	LEDGER_STATISTICS(OWN_LEDGER, EXPORT_NO_FACT)
		OUTPUT_STATISTICS(OWN_OUTPUT, EXPORT_NO_FACT)};
_Static_assert(sizeof(own_elements) / sizeof(own_elements[0]) == OWN_ELEMENTS, "all of them");
