/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_STATISTICS_H
#define WEIR_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>

/* clang-format off */
/*
 * The statistics of a snapshot: the one place that lists them. From these lists come the members of
 * JSON documents (lib/document), what tables call them (lib/print), metrics, and docs/statistics.md.
 *
 *	STATISTIC(name, kind, unit, sum, label, value, meaning)
 *
 *	name	 in documents
 *	kind	 COUNTER: since the start, and never falls while weir runs; GAUGE: may fall
 *	unit	 what is counted; boolean: yes or no
 *	sum	 what it is a term of: the statistics of a list with the same sum come to it; "": nothing
 *	label	 for people: what follows a number, or the head of a column
 *	value	 for lib/document, where `of` points to what the list is about
 *	meaning
 *
 *	OBJECT(name, document)
 *
 *	name	 of a member that is not one statistic, at its place among them
 *	document the same for lib/document
 *
 * In the order of the documents' members.
 */

/* of a struct snapshot */
#define LEDGER_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(received,     COUNTER, frames, "", "received", of->received, "received by weir") \
	STATISTIC(flow,         COUNTER, frames, "received", "in flows", of->buckets[PACKET_BUCKET_FLOW], "counted in a flow") \
	STATISTIC(non_ip,       COUNTER, frames, "received", "non-IP", of->buckets[PACKET_BUCKET_NON_IP], "not IP (ARP, LLDP, 802.3 ...)") \
	STATISTIC(truncated,    COUNTER, frames, "received", "truncated", of->buckets[PACKET_BUCKET_TRUNCATED], "cut by the capture's snap length before what was needed") \
	STATISTIC(malformed,    COUNTER, frames, "received", "malformed", of->buckets[PACKET_BUCKET_MALFORMED], "contradict themselves (lengths, versions, too many headers)") \
	STATISTIC(filtered,     COUNTER, frames, "received", "filtered out", of->buckets[PACKET_BUCKET_FILTERED], "did not match --filter") \
	STATISTIC(overflow,     COUNTER, frames, "received", "beyond the flow table", of->buckets[PACKET_BUCKET_OVERFLOW], "counted in all totals, but no room for their flow in the table") \
	STATISTIC(sampled,      COUNTER, frames, "received", "left out by --sample", of->buckets[PACKET_BUCKET_SAMPLED], "not drawn by --sample; nothing else is said of them") \
	STATISTIC(balanced,     GAUGE, boolean, "", "balanced", of->balanced, "the sum above holds, in every worker; anything else is a fault of weir") \
	STATISTIC(missed,       COUNTER, frames, "lost", "missed for want of descriptors", of->missed, "never reached weir: the NIC or the kernel had no descriptor or no room") \
	STATISTIC(no_mbuf,      COUNTER, frames, "lost", "for want of buffers", of->no_mbuf, "never reached weir: no buffer in the pool") \
	STATISTIC(nic_errors,   COUNTER, frames, "lost", "broken on arrival", of->nic_errors, "never reached weir: broken (CRC, length)") \
	STATISTIC(missed_by_capture, COUNTER, frames, "lost", "missed by the capture itself", of->missed_by_capture, "never reached weir: whoever wrote the capture says that it lost them (pcapng: isb_ifdrop, isb_osdrop, epb_dropcount)") \
	STATISTIC(no_socket,    COUNTER, frames, "lost", "on an RX queue without a socket", of->prefilter.no_socket, "never reached weir: came on an RX queue of the interface that has no AF_XDP socket, and went to this host") \
	STATISTIC(host,         COUNTER, frames, "", "left to this host", of->prefilter.host, "to be analysed, but for this host, and so left to it by weir's XDP program: only in front of AF_XDP") \
	OBJECT(reasons, reasons(of)) \
	STATISTIC(fragments,    COUNTER, frames, "", "fragments", of->fragments, "were fragments of IP packets (they are also in a bucket)") \
	STATISTIC(frame_octets, COUNTER, octets, "", "on layer 2", of->frame_octets, "of the frames that passed the filter, without FCS") \
	STATISTIC(ip_octets,    COUNTER, octets, "", "of IP", of->ip_octets, "IP octets of flow and overflow")

/* of a struct snapshot_prefilter */
#define PREFILTER_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(seen,        COUNTER, packets, "", "seen", of->seen, "that the XDP program looked at") \
	STATISTIC(analysed,    COUNTER, packets, "seen", "analysed", of->analysed, "handed to weir") \
	STATISTIC(passed,      COUNTER, packets, "seen", "passed to the kernel", of->passed, "left to the kernel") \
	STATISTIC(dropped,     COUNTER, packets, "seen", "dropped", of->dropped, "dropped by a rule that says so") \
	STATISTIC(limited,     COUNTER, packets, "seen", "above a limit", of->limited, "above a rule's rate") \
	STATISTIC(sampled_out, COUNTER, packets, "seen", "sampled out", of->sampled_out, "not in a rule's sample") \
	STATISTIC(xsk_full,    COUNTER, packets, "seen", "refused by a full AF_XDP socket", of->xsk_full, "to be analysed, but the AF_XDP socket had no room (missed of the ledger counts them as well)") \
	STATISTIC(received,    COUNTER, packets, "analysed", "received", of->received, "by weir: received of the ledger") \
	STATISTIC(missed,      COUNTER, packets, "analysed", "missed for want of room", of->missed, "lost between prefilter and weir: AF_PACKET had no room") \
	STATISTIC(in_flight,   GAUGE, packets, "analysed", "on their way", of->in_flight, "on their way; 0 in the last report") \
	STATISTIC(merged,      GAUGE, packets, "analysed", "merged with others by the kernel", of->merged, "AF_PACKET, in the last report: the remainder, given as one frame with others by the kernel (IPv4 fragments, GRO), or not given to AF_PACKET at all (such as frames of this host that came back over a loop); AF_PACKET does not tell which, so with it the second sum always holds") \
	STATISTIC(no_socket,   COUNTER, packets, "", "on an RX queue without a socket", of->no_socket, "of passed, those that were to be analysed, but whose RX queue has no socket") \
	STATISTIC(host,        COUNTER, packets, "", "left to this host", of->host, "of passed, those that were to be analysed, but are for this host: only in front of AF_XDP") \
	STATISTIC(balanced,    GAUGE, boolean, "", "balanced", of->balanced, "both sums hold; anything else is a fault of weir")

/* of the same */
#define PREFILTER_OCTET_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(analysed,    COUNTER, octets, "", "analysed", of->analysed_octets, "handed to weir") \
	STATISTIC(passed,      COUNTER, octets, "", "passed to the kernel", of->passed_octets, "left to the kernel") \
	STATISTIC(dropped,     COUNTER, octets, "", "dropped", of->dropped_octets, "dropped by a rule that says so") \
	STATISTIC(limited,     COUNTER, octets, "", "above a limit", of->limited_octets, "above a rule's rate") \
	STATISTIC(sampled_out, COUNTER, octets, "", "sampled out", of->sampled_out_octets, "not in a rule's sample")

/* of a struct stats_rates */
#define RATE_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(packets_per_second, GAUGE, packets_per_second, "", "Packets/s", of->packets_per_second, "frames that passed the filter") \
	STATISTIC(l2_bits_per_second, GAUGE, bits_per_second, "", "L2 bit/s", of->l2_bits_per_second, "of these frames without FCS") \
	STATISTIC(ip_bits_per_second, GAUGE, bits_per_second, "", "IP bit/s", of->ip_bits_per_second, "of IP packets") \
	STATISTIC(flows_per_second,   GAUGE, flows_per_second, "", "Flows/s", of->flows_per_second, "flow records made")

/* of a struct snapshot */
#define SIZE_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(packets, COUNTER, packets, "", "frames", of->size_packets, "frames that passed draw and filter: received - sampled - filtered") \
	STATISTIC(octets,  COUNTER, octets, "", "octets", octets_with_fcs(of), "sum of their sizes") \
	STATISTIC(mean,    GAUGE, octets, "", "mean", mean_size(of), "real with one decimal; 0 without frames") \
	STATISTIC(min,     GAUGE, octets, "", "smallest", of->size_min, "the smallest; 0 without frames") \
	STATISTIC(max,     GAUGE, octets, "", "largest", of->size_max, "the largest; 0 without frames") \
	OBJECT(histogram, histogram(of))

/* of a struct snapshot */
#define FLOW_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(created,   COUNTER, flows, "", "created", of->flows.created, "flow records ever made") \
	STATISTIC(active,    GAUGE, flows, "", "live now", of->flows_active, "of these, live now") \
	OBJECT(ended, ended(&of->flows)) \
	STATISTIC(continued, COUNTER, records, "", "continued", of->flows.continued, "records that left because a counter was full, their flow going on in another: in neither created nor ended") \
	STATISTIC(capacity,  GAUGE, records, "", "room for", capacity(of), "records that all workers have room for") \
	OBJECT(fragments, fragments(&of->flows)) \
	OBJECT(split_flows, split_flows(&of->split)) \
	STATISTIC(unread,    COUNTER, times, "", "not read", of->unread, "times that a live record was in change for milliseconds, as its worker had lost its CPU, when the top lists were made: what came to it counts an interval later")

/* of a struct flow_counters */
#define FLOW_ENDED_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(idle,      COUNTER, flows, "ended", "idle", of->ended[FLOW_END_IDLE], "inactive timeout") \
	STATISTIC(active,    COUNTER, flows, "ended", "at the active timeout", of->ended[FLOW_END_ACTIVE], "active timeout") \
	STATISTIC(end,       COUNTER, flows, "ended", "closed", of->ended[FLOW_END_CLOSED], "TCP RST or FIN both ways; they linger for up to 2 s and are live until then") \
	STATISTIC(forced,    COUNTER, flows, "ended", "at the end", of->ended[FLOW_END_FORCED], "weir stopped") \
	STATISTIC(resources, COUNTER, flows, "ended", "to make room", of->ended[FLOW_END_RESOURCES], "the table was full: made room for another flow")

/* of a struct flow_counters */
#define FRAGMENT_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(first,     COUNTER, packets, "", "first", of->fragments_first, "first fragments") \
	STATISTIC(later,     COUNTER, packets, "", "later", of->fragments_later, "later ones") \
	STATISTIC(unmatched, COUNTER, packets, "", "without a first", of->fragments_unmatched, "of the later ones, those whose first fragment was not remembered: their flow has ports 0") \
	STATISTIC(tiny,      COUNTER, packets, "", "tiny", of->fragments_tiny, "of the first ones, those with ports but too short for their protocol's header (nmap -f)")

/* of a struct snapshot_split */
#define SPLIT_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(possible,       GAUGE, boolean, "", "possible", of->possible, "a flow may meet several workers; else the rest is 0") \
	STATISTIC(records,        COUNTER, records, "", "records", of->records, "exported so far") \
	STATISTIC(merged,         COUNTER, records, "", "made whole", of->merged, "of these, made of several pieces") \
	STATISTIC(pieces,         COUNTER, records, "", "pieces", of->pieces, "ended records that those were made of") \
	STATISTIC(merged_percent, GAUGE, percent, "", "of records", merged_percent(of), "merged, of the records") \
	STATISTIC(left_early,     COUNTER, records, "", "left early", of->early, "exported before their time because too many were waiting, so that a piece may have been left out") \
	STATISTIC(waiting,        GAUGE, records, "", "waiting", of->waiting, "for other pieces, now")

/* of a struct snapshot */
#define OVERFLOW_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(packets, COUNTER, packets, "", "Packets", of->buckets[PACKET_BUCKET_OVERFLOW], "of the bucket overflow") \
	STATISTIC(octets,  COUNTER, octets, "", "Octets", of->flows.overflow_octets, "their IP octets")

/* of a struct snapshot_worker */
#define WORKER_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(packets,            COUNTER, packets, "", "Packets", of->counters.received, "frames received") \
	STATISTIC(frame_octets,       COUNTER, octets, "", "Octets", of->counters.frame_octets, "of those that passed the filter, without FCS") \
	STATISTIC(flows_created,      COUNTER, flows, "", "Flows", of->counters.flows.created, "flow records made") \
	STATISTIC(flows_active,       GAUGE, flows, "", "live", live_flows(&of->counters.flows), "of these, live now") \
	STATISTIC(flow_capacity,      GAUGE, records, "", "room for", of->table_capacity, "flow records that it has room for") \
	STATISTIC(ip_checksum_errors, COUNTER, packets, "", "IP checksum", of->counters.ip_checksum_bad, "that the NIC found wrong; 0 where it does not check") \
	STATISTIC(l4_checksum_errors, COUNTER, packets, "", "L4 checksum", of->counters.l4_checksum_bad, "the same of TCP, UDP and the like") \
	STATISTIC(stamps_ignored,     COUNTER, frames, "", "stamps ignored", of->counters.stamps_ignored, "frames whose time stamp of the NIC was more than a second from the wall clock: it dates nothing, weir's clock does; a remark in the report says so, too") \
	OBJECT(cpu, processor(of))

/* of a struct snapshot_worker: all that depends on the machine and not on the traffic alone */
#define PROCESSOR_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(cycles_per_packet, GAUGE, cycles, "", "Cycles/packet", of->cycles_per_packet, "over the last interval, in the report at the end over the whole run") \
	STATISTIC(busy_percent,      GAUGE, percent, "", "Busy", lround(of->busy * 100), "of the cycles, those of polls that found packets; over the same time") \
	STATISTIC(cycles,            COUNTER, cycles, "", "Cycles", of->counters.cycles_total, "since the start") \
	STATISTIC(cycles_busy,       COUNTER, cycles, "", "busy", of->counters.cycles_busy, "of these, in polls that found packets") \
	STATISTIC(polls,             COUNTER, polls, "", "Polls", of->counters.polls, "of its queues") \
	STATISTIC(polls_empty,       COUNTER, polls, "", "empty", of->counters.polls_empty, "of these, those that found no packet") \
	STATISTIC(relookups,         COUNTER, lookups, "", "Lookups", of->counters.flows.relookups, "table look-ups done again") \
	STATISTIC(records_waiting,   COUNTER, times, "", "waiting", of->counters.records_waiting, "times that ended records found no room on their way out") \
	STATISTIC(ring_records,      GAUGE, records, "", "in the ring", of->ring_records, "ended records on their way to the stats core as the interval ended: when they are many it is behind") \
	STATISTIC(ring_pause_microseconds, GAUGE, microseconds, "", "left alone", of->ring_pause / 1000, "the longest time in the last interval that the stats core did not look at them") \
	OBJECT(stats_lcore, json_integer((json_int_t)of->stats_lcore))

/* of a struct snapshot_port */
#define PORT_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(link_up,   GAUGE, boolean, "", "Link", of->counters.link_up, "link state") \
	STATISTIC(link_mbps, GAUGE, mbps, "", "Speed", of->counters.link_mbps, "speed in Mbit/s, 0 unknown") \
	STATISTIC(received,  COUNTER, frames, "", "Received", of->counters.received, "by the driver's count") \
	STATISTIC(octets,    COUNTER, octets, "", "Octets", of->counters.octets, "of these, by the driver's count") \
	STATISTIC(missed,    COUNTER, frames, "", "Missed", of->counters.missed, "as missed of the ledger") \
	STATISTIC(no_mbuf,   COUNTER, frames, "", "No mbuf", of->counters.no_mbuf, "as no_mbuf of the ledger") \
	STATISTIC(errors,    COUNTER, frames, "", "Errors", of->counters.errors, "as nic_errors of the ledger") \
	OBJECT(loss, loss(&of->loss)) \
	OBJECT(queues, queues(of))

/* of a struct port_queue_counters */
#define QUEUE_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(received, COUNTER, frames, "", "Received", of->received, "as far as the driver counts by queue, else 0") \
	STATISTIC(octets,   COUNTER, octets, "", "Octets", of->octets, "of these") \
	STATISTIC(missed,   COUNTER, frames, "", "Missed", of->missed, "as missed of the port")

/* of a struct outlet_ledger */
#define OUTPUT_STATISTICS(STATISTIC, OBJECT) \
	STATISTIC(given,       COUNTER, items, "", "given", of->given, "records, or reports") \
	STATISTIC(sent,        COUNTER, items, "given", "written", of->sent, "written") \
	STATISTIC(waiting,     GAUGE, items, "given", "waiting", of->waiting, "for its turn, or for the reader, the disk or the collector") \
	STATISTIC(lost_full,   COUNTER, items, "given", "lost: no room", of->lost_full, "lost because too many were waiting") \
	STATISTIC(lost_remote, COUNTER, items, "given", "lost: never taken", of->lost_remote, "lost because the reader, the disk or the collector did not take them")
/* clang-format on */

/*
 * The lists themselves: where their members stand in the JSON report, and the member that tells one
 * object from the other where there are several ("").
 */
/* clang-format off */
#define STATISTICS_LISTS(LIST) \
	LIST(LEDGER,           "ledger",            "",       LEDGER_STATISTICS) \
	LIST(PREFILTER,        "prefilter.packets", "",       PREFILTER_STATISTICS) \
	LIST(PREFILTER_OCTETS, "prefilter.octets",  "",       PREFILTER_OCTET_STATISTICS) \
	LIST(RATES,            "throughput",        "",       RATE_STATISTICS) \
	LIST(SIZES,            "packet_size",       "",       SIZE_STATISTICS) \
	LIST(FLOWS,            "flows",             "",       FLOW_STATISTICS) \
	LIST(FLOWS_ENDED,      "flows.ended",       "",       FLOW_ENDED_STATISTICS) \
	LIST(FRAGMENTS,        "flows.fragments",   "",       FRAGMENT_STATISTICS) \
	LIST(SPLIT,            "flows.split_flows", "",       SPLIT_STATISTICS) \
	LIST(OVERFLOW,         "overflow",          "",       OVERFLOW_STATISTICS) \
	LIST(WORKERS,          "workers",           "worker", WORKER_STATISTICS) \
	LIST(PROCESSORS,       "workers.cpu",       "",       PROCESSOR_STATISTICS) \
	LIST(PORTS,            "ports",             "name",   PORT_STATISTICS) \
	LIST(QUEUES,           "ports.queues",      "queue",  QUEUE_STATISTICS) \
	LIST(OUTPUTS,          "outputs",           "to",     OUTPUT_STATISTICS)
/* clang-format on */

#define STATISTICS_ID(id, path, each, list) STATISTICS_##id,
enum statistics_list { STATISTICS_LISTS(STATISTICS_ID) STATISTICS_COUNT };

struct statistic {
	const char *name, *unit, *sum, *label, *meaning;
	bool counter; /* else a gauge */
};

struct statistics {
	const char *path, *each;
	const struct statistic *members; /* behind the last is one without a name */
};

extern const struct statistics statistics[STATISTICS_COUNT];

/* NULL: there is none of that name. */
const struct statistic *statistic_find(enum statistics_list list, const char *name);

/*
 * What Prometheus and the like call it: "weir_ledger_missed_frames_total". The unit is in the name,
 * once, and counters end in "_total". Returns `out`. What is in bits or microseconds here is in
 * octets or seconds there, their base units: the value is to be divided.
 */
const char *statistic_metric(char *out, size_t size, enum statistics_list list,
			     const struct statistic *statistic);
unsigned int statistic_metric_divisor(const struct statistic *statistic);

#endif
