/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_H
#define WEIR_PREFILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

/*
 * The XDP prefilter: an own program in the kernel that decides for each frame, before it costs
 * anything, whether it is analysed, passed to the kernel, dropped, limited or sampled.
 *
 * RULES are text, one rule to a line, `#` starts a comment, blank lines do not count:
 *
 *	ACTION CONDITION...        for frames that fit all conditions
 *	default ACTION             for frames that fit no rule; at most once, anywhere; else analyse
 *
 * The first rule that fits decides. Actions:
 *
 *	analyse         hand it to the analyser (of AF_XDP, what is for this host is passed)
 *	pass            leave it to the kernel; the analyser does not see it
 *	drop
 *	limit RATE [burst SIZE] [then analyse|pass|drop]
 *	                what is within the rate is analysed (or what `then` says), the rest
 *	                dropped and counted as limited. One token bucket for all CPUs.
 *	                RATE: N packets/s from 1, N bit/s from 1000; k, M or G stands
 *	                behind the number or before the unit: 100k packets/s, 500 kbit/s.
 *	                SIZE: N packets for a rate in packets, N octets for one in bits
 *	                (k, M, G as well), at most 4000 seconds' worth; else a tenth
 *	                of a second's worth, at least 1 packet or 4096 octets.
 *	                A frame larger than the burst is never within the rate. Bits
 *	                are those of the frame without FCS.
 *	sample 1/N      of every N (2..1000000000) frames on a CPU the last is analysed,
 *	                the others are dropped and counted as sampled out
 *
 * Conditions, each at most once, in any order:
 *
 *	from PREFIX     source address: 192.0.2.0/24, 2001:db8::/32, or one address.
 *	to PREFIX       destination address. Host bits that are set are refused.
 *	from port P[-Q] source port or range of ports. Holds only for packets that have
 *	to port P[-Q]   ports: TCP, UDP, SCTP, DCCP, UDP-Lite, and no later fragment.
 *	proto NAME      tcp, udp, icmp, icmp6, sctp, dccp, udplite, gre, esp, ah, igmp,
 *	                ospf, or 0..255: what the flow key has (behind extension headers)
 *	vlan V[-W]      outermost VLAN id, 0..4095; 0: untagged or priority-tagged
 *	ip | ip6        IPv4, IPv6
 *	arp             stands alone: ARP frames
 *	non-ip          stands alone: all frames that are not IP, ARP among them
 *
 * A prefix and a port of one side may be written in one: `from 192.0.2.1 port 53`.
 *
 * Frames that are truncated or malformed (docs/truth.md) are always analysed, whatever the
 * rules say, so that they are counted by their reason. Only the outermost IP header is looked
 * at. A tag that the NIC takes out is not seen (switch that off: ethtool -K X rxvlan off).
 *
 * At most 262,144 rules. Of these 4,096 may limit or sample; and 512 may combine conditions,
 * or look at something else than one prefix (arp and non-ip do not count). The same rule
 * twice is refused. A canonical text stands for each rule; weirctl shows it, and by it a rule
 * keeps its counters and its bucket when rules are replaced.
 */

struct prefilter_rules; /* a checked rule set; immutable */

/*
 * Check rules: of a file, or of `length` characters of text that error lines call `name`.
 * -EINVAL: `name:line:column: what: what is allowed`; -E2BIG: too many, in words; errors of
 * reading. The caller owns *rules: prefilter_rules_free(). Any thread.
 */
int prefilter_rules_read(const char *path, struct prefilter_rules **rules, struct error *error);
int prefilter_rules_parse(const char *name, const char *text, size_t length,
			  struct prefilter_rules **rules, struct error *error);
void prefilter_rules_free(struct prefilter_rules *rules);

/* How many rules, the default not counted. */
size_t prefilter_rules_count(const struct prefilter_rules *rules);

/* Does a rule pass frames to the kernel? */
bool prefilter_rules_pass(const struct prefilter_rules *rules);

/* Does a rule look at VLAN tags? */
bool prefilter_rules_look_at_vlans(const struct prefilter_rules *rules);

/* Canonical text of all lines, `default` last; the caller frees it. NULL: no memory. */
char *prefilter_rules_text(const struct prefilter_rules *rules);

/*
 * What the analyser must know of sampling. `any`: some rule samples. `every`: every IP packet that
 * is analysed stands for so many, by one and the same rate (1: none is sampled); 0: rates differ by
 * rule, so that totals can be scaled only by the counters (analysed + sampled out) / analysed.
 */
struct prefilter_sampling {
	bool any;
	uint32_t every;
};
struct prefilter_sampling prefilter_rules_sampling(const struct prefilter_rules *rules);

/* Whom frames to be analysed are handed to. */
enum prefilter_target {
	PREFILTER_TO_SOCKETS, /* the AF_XDP socket of the frame's queue */
	PREFILTER_TO_KERNEL /* the kernel, where AF_PACKET takes them: XDP_PASS. Rules that pass are
			     * refused, as the analyser would see those frames too */
};

/* How the program is run. AUTO: native if the driver can, else generic. */
enum prefilter_mode { PREFILTER_AUTO, PREFILTER_NATIVE, PREFILTER_GENERIC };
const char *prefilter_mode_name(enum prefilter_mode mode); /* "native", "generic", "auto" */

struct prefilter; /* a loaded program with its rules */

/*
 * Load the program, not attached yet, with queues 0..`queues` - 1 (PREFILTER_TO_SOCKETS; 0: 64).
 * `rules` NULL: there are none, all is analysed, and functions that speak of rules are not for
 * this one. -EPERM: which capability is missing. Every function below may be called by any thread;
 * changes wait for each other, prefilter_totals() waits for nobody.
 */
struct prefilter_options {
	enum prefilter_target target;
	uint16_t queues;
};
int prefilter_create(const struct prefilter_options *options, const struct prefilter_rules *rules,
		     struct prefilter **prefilter, struct error *error);

/* Detach, and free. NULL is fine. */
void prefilter_destroy(struct prefilter *prefilter);

/*
 * Attach to kernel interface `index` by a link that is held by this process only: however it
 * ends, the program comes off, and nothing is pinned. Once at a time. -EBUSY: another
 * program is there; -EOPNOTSUPP, -ERANGE ...: why, e.g. the MTU.
 *
 * PREFILTER_TO_SOCKETS: while it is attached, frames that are for this host (lib/prefilter/host.h)
 * are passed to the kernel instead of being analysed; a thread follows this host's addresses.
 */
int prefilter_attach(struct prefilter *prefilter, unsigned int index, enum prefilter_mode mode,
		     struct error *error);
void prefilter_detach(struct prefilter *prefilter);

/*
 * Counting is how a program begins. Otherwise it counts nothing, and IDLE: every frame goes to the
 * kernel; QUIET: none reaches the analyser.
 *
 * What is counted here and what the analyser receives come out even if counting begins and ends
 * while no frame is on its way, which is so when QUIET returns, some milliseconds later. At the
 * start: QUIET, then throw away what waits in the analyser's queues and let its counts begin there,
 * add the sockets, COUNTING. At the end: QUIET, then take what is in the queues.
 *
 * IDLE and COUNTING are so at once, but a frame may be on its way still. Needs no privilege.
 */
enum prefilter_state { PREFILTER_COUNTING, PREFILTER_IDLE, PREFILTER_QUIET };
void prefilter_set_state(struct prefilter *prefilter, enum prefilter_state state);

/* NATIVE or GENERIC while attached; AUTO when not. */
enum prefilter_mode prefilter_attached(const struct prefilter *prefilter);

/*
 * Hand frames of `queue` to the AF_XDP socket `fd` (bound already), or to none any more. The kernel
 * takes a socket out by itself when it is closed. The last two: descriptors of map and program.
 */
int prefilter_add_socket(struct prefilter *prefilter, uint16_t queue, int fd, struct error *error);
void prefilter_remove_socket(struct prefilter *prefilter, uint16_t queue);
int prefilter_sockets_fd(const struct prefilter *prefilter);
int prefilter_program_fd(const struct prefilter *prefilter);

/*
 * Exchange the whole rule set: each frame is decided by the old or by the new one. Returns
 * when none is decided by the old one any more. A rule that is in both keeps counters and bucket.
 * On failure the old set stays in force, untouched. `rules` stays the caller's.
 */
int prefilter_replace(struct prefilter *prefilter, const struct prefilter_rules *rules,
		      struct error *error);

/*
 * As prefilter_replace(), with one rule more, before rule number `before` (1..count; 0: behind the
 * last), or one less: `which` is its number (as shown, from 1) or its text, in any spelling. A
 * `default` line added takes the place of the one before. -EEXIST, -ENOENT; error lines begin with
 * `rule:1:column`.
 */
int prefilter_add(struct prefilter *prefilter, const char *rule, size_t before,
		  struct error *error);
int prefilter_delete(struct prefilter *prefilter, const char *which, struct error *error);

/* The rules in force. prefilter_text(): as prefilter_rules_text(). */
char *prefilter_text(struct prefilter *prefilter);

/*
 * As prefilter_rules_sampling(), over all rule sets that were in force since the program was
 * loaded: where their rates differ, `every` is 0. Waits for nobody.
 */
struct prefilter_sampling prefilter_sampling(struct prefilter *prefilter);

/*
 * Frames and octets (without FCS) by where they went. seen is the sum of the rest; what an
 * AF_XDP socket's full ring then dropped is among `analysed`. Never goes back, whatever
 * happens to the rules. no_socket, host: was to be analysed, but its queue has no socket, or it
 * is for this host, and so it went to the kernel.
 */
struct prefilter_sum {
	uint64_t packets, octets;
};
struct prefilter_totals {
	struct prefilter_sum seen, analysed, passed, dropped, limited, sampled_out, no_socket, host;
};
void prefilter_totals(const struct prefilter *prefilter, struct prefilter_totals *totals);

/*
 * By rule, in order of priority; the last two are "default ..." and "unreadable" (truncated and
 * malformed frames, always analysed). matched - over went the way that `action` names.
 */
struct prefilter_rule_sum {
	const char *rule;   /* canonical text */
	const char *action; /* analyse, pass, drop, limit, sample */
	struct prefilter_sum matched;
	struct prefilter_sum over; /* of these: above the rate, or sampled out */
};

/*
 * Up to `max` of them from number `first` (0 is the first rule) on, in `sums`; *total: how many
 * there are. The texts are good until prefilter_sums_free(). Negative: -ENOMEM. Without holding up
 * anyone: frames that are counted meanwhile may be in it or not.
 */
struct prefilter_sums {
	size_t total, count;
	struct prefilter_sum gone; /* counted by rules that are not in force any more */
	struct prefilter_rule_sum *rules;
};
int prefilter_sums(struct prefilter *prefilter, size_t first, size_t max,
		   struct prefilter_sums *sums, struct error *error);
void prefilter_sums_free(struct prefilter_sums *sums);

#endif
