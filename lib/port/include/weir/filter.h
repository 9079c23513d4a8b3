/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_FILTER_H
#define WEIR_FILTER_H

#include <stdint.h>

#include <rte_mbuf.h>

#include <weir/error.h>
#include <weir/port.h>

/*
 * A pcap-filter(7) expression on mbufs: libpcap compiles it, rte_bpf_convert() and the JIT
 * make it fast. Frames whose captured bytes are fewer than their wire length are judged
 * by libpcap's own interpreter, which knows both lengths.
 */
struct filter;

/*
 * Compile. `fields` lives as long as the filter, and may be registered later, before the first
 * frame. -EINVAL with libpcap's reason in the line; -ETIMEDOUT after ten seconds, when a thread
 * that cannot be stopped is left behind: the program should end. Main thread.
 */
int filter_create(const char *expression, const struct port_fields *fields, struct filter **filter,
		  struct error *error);
void filter_destroy(struct filter *filter);

/*
 * The same for a thread that does not wait: begin, look again until it is not -EAGAIN, or leave it.
 * Afterwards the job is gone. Of those left, also after ten seconds, a few may compute on, at the
 * lowest priority; then the next one is refused: -EBUSY. Any thread.
 */
struct filter_job;
int filter_begin(const char *expression, struct filter_job **job, struct error *error);
int filter_look(struct filter_job *job, const struct port_fields *fields, struct filter **filter,
		struct error *error);
void filter_leave(struct filter_job *job);

/*
 * Which of the `count` (at most 64) mbufs match: bit i for mbufs[i]. Only reads. May be
 * called by several workers at once.
 */
uint64_t filter_match(const struct filter *filter, struct rte_mbuf *const *mbufs, uint16_t count);

#endif
