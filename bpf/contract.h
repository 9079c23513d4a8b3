/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_BPF_CONTRACT_H
#define WEIR_BPF_CONTRACT_H

#include <linux/bpf.h>

/*
 * The whole contract between the XDP prefilter (prefilter.bpf.c) and lib/prefilter.
 *
 * A rule set is compiled by user space into one array map of 64-octet lines, the arena, that the
 * program only reads (but for the counters at its end). The map-in-map `weir_active` has one
 * entry, the arena in force: the program looks it up once a packet, so that it decides by one rule
 * set, whole; the kernel's update of the entry returns when no program uses the old one.
 *
 * How a rule is found. Rules are numbered by priority: 0 wins over 1. A rule whose only condition
 * is one prefix is "lone"; of all other rules on IP packets (at most PREFILTER_COMBINATIONS) each
 * is one bit, again in order of priority. Addresses are cut into intervals at the ends of all
 * prefixes; each interval knows the best lone rule that covers it, and the bit vector of the
 * combinations that it fits. A static B-tree finds the interval of an address, so the work grows
 * with the logarithm of the number of prefixes, base 16 (IPv4) or 4 (IPv6). Ports, protocols and
 * VLAN ids are direct tables to such vectors. Those of all fields are ANDed; the first bit is the
 * best combination (Lakshman & Stiliadis, 1998). The lowest of the three numbers wins.
 *
 * Everything is in host byte order unless said otherwise.
 */

#define PREFILTER_LINE         64 /* octets; also the value size of an arena */
#define PREFILTER_NONE         0xffffffffu
#define PREFILTER_RULES_MAX    262144 /* rules of a set, the default not counted */
#define PREFILTER_COMBINATIONS 512    /* bits of a bit vector */
#define PREFILTER_METERS       8192   /* two rule sets' worth: see PREFILTER_METERED_MAX */
#define PREFILTER_METERED_MAX  4096   /* rules of a set that limit or sample */
#define PREFILTER_PORT_NONE    65536  /* stands for the port of packets without */

/* Where a packet ended. seen = the sum of all. */
enum prefilter_fate {
	PREFILTER_FATE_ANALYSED,
	PREFILTER_FATE_PASSED,
	PREFILTER_FATE_DROPPED,
	PREFILTER_FATE_LIMITED,
	PREFILTER_FATE_SAMPLED_OUT,
	PREFILTER_FATE_NO_SOCKET, /* to be analysed, but its queue has no socket: passed on */
	PREFILTER_FATE_HOST,      /* to be analysed, but it is for this host: passed on */
	PREFILTER_FATES
};

/*
 * Whether frames are decided on and counted, so that counting can begin and end while no frame is
 * on its way. Written by user space into mapped memory: that needs no privilege.
 */
enum prefilter_gate {
	PREFILTER_GATE_OPEN,
	PREFILTER_GATE_SHUT,    /* every frame goes to the kernel, uncounted */
	PREFILTER_GATE_DROPPING /* none goes anywhere: while queues of AF_PACKET are emptied */
};

/*
 * Which frames are for this host, so that a socket must not take them (lib/prefilter/host.h says
 * which those are): written by user space, mapped. `own` is one word, so that it changes at once:
 * the interface's MAC address, its first octet in bits 40 to 47, and flags. A key is a MAC address
 * (`high` is PREFILTER_HOST_MAC_KEY) or an IP address, IPv4 as ::ffff:192.0.2.1; all zero is a
 * free place. It stands in one of PREFILTER_HOST_PROBES places, from its hash on.
 */
#define PREFILTER_HOST_MAC     0xffffffffffffull
#define PREFILTER_HOST_GROUP   (1ull << 40) /* of a MAC address: broadcast or multicast */
#define PREFILTER_HOST_USED    (1ull << 48) /* all to its MAC addresses and to groups is for it */
#define PREFILTER_HOST_MORE    (1ull << 49) /* there are unicast MAC addresses among the keys */
#define PREFILTER_HOST_SECOND  (1ull << 50) /* the second table is in force, else the first */
#define PREFILTER_HOST_MAC_KEY 1ull
#define PREFILTER_HOST_IPV4    0xffff00000000ull /* `low` of an IPv4 address 0.0.0.0 */
#define PREFILTER_HOST_BITS    12
#define PREFILTER_HOST_PLACES  (1 << PREFILTER_HOST_BITS)
#define PREFILTER_HOST_PROBES  16 /* enough for a thousand keys */

struct prefilter_host_key {
	__u64 high, low;
};

struct prefilter_host {
	__u64 own;
	/* Two tables: one is written while the other is read. */
	struct prefilter_host_key key[2 * PREFILTER_HOST_PLACES];
};

/* The first place of a key in its table. */
#define PREFILTER_HOST_HASH(high, low)                                                             \
	((__u32)((((high) ^ (high) >> 32) * 0x9e3779b97f4a7c15ull + (low)) *                       \
			 0xbf58476d1ce4e5b9ull >>                                                  \
		 (64 - PREFILTER_HOST_BITS)))

/* What a rule says: X(action, word). `then` of LIMIT is one of the first three. */
#define PREFILTER_ACTION_LIST(X)                                                                   \
	X(ANALYSE, "analyse")                                                                      \
	X(PASS, "pass")                                                                            \
	X(DROP, "drop")                                                                            \
	X(LIMIT, "limit")                                                                          \
	X(SAMPLE, "sample")

#define PREFILTER_ACTION_ENUM(action, word) PREFILTER_ACTION_##action,
enum prefilter_action { PREFILTER_ACTION_LIST(PREFILTER_ACTION_ENUM) PREFILTER_ACTIONS };

/* Fields with a direct table from values to bit vectors. */
enum prefilter_table {
	PREFILTER_TABLE_PROTOCOL,
	PREFILTER_TABLE_SOURCE_PORT,
	PREFILTER_TABLE_DESTINATION_PORT,
	PREFILTER_TABLE_VLAN,
	PREFILTER_TABLES
};

/* Fields whose vectors are ANDed: the tables, then the sides (source, destination). */
#define PREFILTER_FIELD_SIDES PREFILTER_TABLES
#define PREFILTER_FIELDS      (PREFILTER_TABLES + 2)

/* Trees in the arena: by side (source, destination) and IP version. */
enum prefilter_tree_name {
	PREFILTER_TREE_SOURCE4,
	PREFILTER_TREE_DESTINATION4,
	PREFILTER_TREE_SOURCE6,
	PREFILTER_TREE_DESTINATION6,
	PREFILTER_TREES
};

#define PREFILTER_FANOUT4 16 /* 15 keys of 4 octets to a line, the last place free */
#define PREFILTER_FANOUT6 4  /* 3 keys of 16 octets to a line */
#define PREFILTER_DEPTH4  5  /* 16^5 and 4^10 intervals: twice the rules and more */
#define PREFILTER_DEPTH6  10

/*
 * A static B-tree over the last addresses of the intervals, in order. A node is one line; its key j
 * is the last address below its child j. From the root (node 0 of level[0]) child `node * fanout +
 * count(key < address)` is the next level's node, and behind level[depth - 1] it is the interval.
 * Numbers that are not used are all ones. Depth 0: one interval.
 */
struct prefilter_tree {
	__u32 depth;
	__u32 intervals;               /* first line of the struct prefilter_interval */
	__u32 level[PREFILTER_DEPTH6]; /* first line of each level */
	__u32 unused[4];
};

struct prefilter_node4 {
	__u32 key[16];
};

struct prefilter_node6 {
	struct {
		__u64 high, low;
	} key[4]; /* the last one is not looked at */
};

struct prefilter_interval {
	__u32 rule;   /* best lone rule or PREFILTER_NONE */
	__u32 vector; /* line of the bit vector */
};

struct prefilter_vector {
	__u64 word[PREFILTER_COMBINATIONS / 64]; /* bit b % 64 of word b / 64: combination b */
};

/* Line 0 of an arena. The trees follow, one to a line. */
struct prefilter_header {
	__u32 default_rule;    /* numbers of the rules for what no rule matches, */
	__u32 unreadable_rule; /* for truncated and malformed frames, */
	__u32 arp_rule;        /* for ARP, */
	__u32 non_ip_rule;     /* and for all else that is not IP */
	__u32 sides;           /* bit 0: source addresses matter, bit 1: destination addresses */
	__u32 fields;          /* bit f: combinations look at field f */
	__u32 words;           /* of a vector that have combinations */
	__u32 table[PREFILTER_TABLES]; /* first lines of the __u32 lines of vectors, by value */
	__u32 combinations;            /* first line of the __u32 rule number of each combination */
	__u32 rules;                   /* first line of the struct prefilter_rule */
	__u32 counters;         /* first line of CPU 0's struct prefilter_count, one a rule; ... */
	__u32 counters_per_cpu; /* ... those of the next CPU are so many lines on */
	__u32 ones;             /* a vector with all bits set, for fields that do not matter */
};

/*
 * Two to a line. Time is in 2^-20 ns, so that 64 octets at 400 Gbit/s are charged to the per mille.
 */
struct prefilter_rule {
	__u32 action; /* enum prefilter_action */
	__u32 then;   /* LIMIT: the action on what is within the rate */
	__u32 meter;  /* LIMIT, SAMPLE: number of its meter */
	union {
		__u32 every; /* SAMPLE: 1 in so many is analysed */
		__u32 bits;  /* LIMIT: 1: bits are charged, 0: packets */
	};
	__u64 cost;  /* LIMIT: time that one packet or bit takes out of the bucket */
	__u64 depth; /* LIMIT: time that a full bucket holds */
};

/* In `weir_meters`: a token bucket, for all CPUs. */
struct prefilter_meter {
	struct bpf_spin_lock lock;
	__u32 unused;
	__u64 last;   /* when credit was added, ns (CLOCK_MONOTONIC) */
	__u64 credit; /* time left in the bucket */
};

/*
 * Per rule and CPU. Only that CPU writes, one frame after the other (XDP runs with softirqs off);
 * readers see each number whole, but not both at once.
 */
struct prefilter_count {
	__u64 packets, octets;           /* that matched */
	__u64 over_packets, over_octets; /* of these: limited or sampled out */
};

/* Per CPU in `weir_totals`, never reset. Octets are frames' without FCS, as XDP sees them. */
struct prefilter_total {
	__u64 packets[PREFILTER_FATES];
	__u64 octets[PREFILTER_FATES];
	__u64 unused[2];
};

/*
 * What the parser says of a frame; in one truth with lib/packet: `reason` is its enum
 * packet_reason, and with a reason of the bucket FLOW the rest is the key that it makes, but
 * by direction. Other reasons leave the rest undefined.
 */
struct prefilter_key {
	__u64 source[2]; /* high, low; IPv4 in the low 32 bits */
	__u64 destination[2];
	__u32 source_port; /* PREFILTER_PORT_NONE: none of its own (protocol, later fragment) */
	__u32 destination_port;
	__u16 vlan;
	__u8 protocol;
	__u8 version; /* 4 or 6 */
	__u8 reason;
	__u8 unused[3];
};

_Static_assert(sizeof(struct prefilter_tree) == PREFILTER_LINE, "a line");
_Static_assert(sizeof(struct prefilter_node4) == PREFILTER_LINE, "a line");
_Static_assert(sizeof(struct prefilter_node6) == PREFILTER_LINE, "a line");
_Static_assert(sizeof(struct prefilter_vector) == PREFILTER_LINE, "a line");
_Static_assert(sizeof(struct prefilter_header) == PREFILTER_LINE, "a line");
_Static_assert(sizeof(struct prefilter_interval) * 8 == PREFILTER_LINE, "8 to a line");
_Static_assert(sizeof(struct prefilter_rule) * 2 == PREFILTER_LINE, "2 to a line");
_Static_assert(sizeof(struct prefilter_count) * 2 == PREFILTER_LINE, "2 to a line");
_Static_assert(sizeof(struct prefilter_total) == 2 * PREFILTER_LINE, "no CPU shares a line");
_Static_assert(sizeof(struct prefilter_meter) == 24, "no holes");
_Static_assert(sizeof(struct prefilter_key) == 48, "no holes");
_Static_assert(__builtin_offsetof(struct prefilter_header, table) == 28, "");
_Static_assert(__builtin_offsetof(struct prefilter_tree, level) == 8, "");
_Static_assert(__builtin_offsetof(struct prefilter_rule, cost) == 16, "");
_Static_assert(__builtin_offsetof(struct prefilter_key, reason) == 44, "");

#endif
