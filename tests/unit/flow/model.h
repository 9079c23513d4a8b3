/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_FLOW_MODEL_H
#define WEIR_TESTS_UNIT_FLOW_MODEL_H

#include <weir/flow.h>

/*
 * What a flow table must do, in the plainest way: remember every packet by its full key in the
 * order of arrival. The records of a key must then cut its packets into stretches, one
 * after the other, each with exactly the sums of its packets, and each cut must be where the
 * rules want one. No hash decides anything here, and there are no slots.
 */
struct model;

struct model *model_create(const struct flow_settings *settings);
void model_destroy(struct model *model);

/*
 * A packet as it is fed. Returns its number, for model_overflowed(): the table said that it
 * counted it as overflow, so it is in no record.
 */
uint32_t model_packet(struct model *model, const struct packet *packet);
void model_overflowed(struct model *model, uint32_t number);

/* The clock has come so far by other means: flow_table_expire() or _finish(). */
void model_clock(struct model *model, uint64_t clock);

/* The next record of its key has ended: compares all of it, and consumes its packets. */
void model_ended(struct model *model, const struct flow_record *record);

/*
 * A live record: compares it, and that it covers all packets of its key that are left.
 * Returns how many. The stages are empty.
 */
uint64_t model_live(struct model *model, const struct flow_record *record);

/* Packets in the records that the next one of its key goes on with, if it does. */
uint64_t model_before(struct model *model, const struct flow_record *record);

/* Packets in no ended record so far: those of all live records, when the stages are empty. */
uint64_t model_left(const struct model *model);

#endif
