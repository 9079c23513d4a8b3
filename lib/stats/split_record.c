/* SPDX-License-Identifier: BSD-3-Clause */
#include "split.h"

#include <string.h>

#include <weir/clock.h>
#include <weir/flow_fields.h>
#include <weir/limits.h>
#include <weir/protocols.h>

/* Workers read their clocks by themselves, a burst at a time: so much may they be apart. */
#define SKEW (10 * CLOCK_MILLISECOND)

_Static_assert(WORKERS_MAX <= 64, "a bit for each in `workers` and `cut`");

/* The piece was ended by something in it, or by lack of room, not by silence. */
static bool ends_by_itself(enum flow_end end)
{
	return end == FLOW_END_CLOSED || end == FLOW_END_ACTIVE || end == FLOW_END_RESOURCES;
}

void split_record_make(struct split_record *record, uint32_t worker, const struct flow_view *view,
		       const struct split_timeouts *timeouts)
{
	struct key_ends ends;
	struct flow_key flow;

	key_ends_of_view(view, &ends);
	flow_key_make(&ends, &flow);
	*record = (struct split_record){
		.key = flow.key,
		.view = *view,
		.workers = UINT64_C(1) << worker,
		.pieces = 1,
	};
	record->view.first -= (uint64_t)view->shift;
	record->view.last -= (uint64_t)view->shift;
	record->view.lines = NULL; /* they stay with the record, which leaves now */
	if (!ends_by_itself(view->end))
		return;
	record->cut = record->workers;
	record->cut_at = view->end == FLOW_END_ACTIVE ? record->view.first + timeouts->active
						      : record->view.last;
}

void split_record_view(const struct split_record *record, struct flow_view *view)
{
	*view = record->view;
	view->first += (uint64_t)view->shift;
	view->last += (uint64_t)view->shift;
}

static bool began_after_cut(const struct split_record *record, const struct split_record *cut)
{
	return cut->cut != 0 && record->view.first > cut->cut_at + SKEW;
}

bool split_touches(const struct split_record *earlier, const struct split_record *later,
		   const struct split_timeouts *timeouts)
{
	const struct flow_view *a = &earlier->view, *b = &later->view;
	uint64_t first = a->first < b->first ? a->first : b->first;
	uint64_t last = a->last > b->last ? a->last : b->last;

	if ((earlier->cut & later->workers) != 0 && b->first >= earlier->cut_at)
		return false;
	if (began_after_cut(earlier, later) || began_after_cut(later, earlier))
		return false;
	/* Silent in between for too long? */
	if (b->first > a->last + timeouts->inactive || a->first > b->last + timeouts->inactive)
		return false;
	/* Pieces that took turns would otherwise never be complete. */
	return last - first <= timeouts->active + timeouts->inactive;
}

/* Which of two ends is that of the whole: what one worker saw ends the flow for all. */
static enum flow_end end_of(enum flow_end a, enum flow_end b)
{
	static const uint8_t rank[FLOW_ENDS] = {
		[FLOW_END_IDLE] = 1,   [FLOW_END_FORCED] = 2, [FLOW_END_RESOURCES] = 3,
		[FLOW_END_ACTIVE] = 4, [FLOW_END_CLOSED] = 5,
	};

	return rank[a] > rank[b] ? a : b;
}

static bool starts_alike(const struct flow_view *a, const struct flow_view *b)
{
	return a->source_port == b->source_port && a->destination_port == b->destination_port &&
	       memcmp(a->source, b->source, sizeof(a->source)) == 0;
}

/* Joining two values of a field, by the word that the list of fields has for it. */
#define JOIN_SAME(to, from, unseen)
#define JOIN_FIRST(to, from, unseen)
#define JOIN_LEAST(to, from, unseen)      ((to) = (from) < (to) ? (from) : (to))
#define JOIN_GREATEST(to, from, unseen)   ((to) = (from) > (to) ? (from) : (to))
#define JOIN_SUM(to, from, unseen)        ((to) += (from))
#define JOIN_UNION(to, from, unseen)      ((to) |= (from))
#define JOIN_FIRST_SEEN(to, from, unseen) ((to) = (unseen) ? (from) : (to))
#define JOIN_END(to, from, unseen)        ((to) = end_of(to, from))

/* Which of a pair; of `other`, which may have begun with a packet the other way. */
#define OTHER_WHOLE(member)    (member)
#define OTHER_FORWARD(member)  (member)[turned]
#define OTHER_REVERSED(member) (member)[!turned]
#define UNSEEN_WHOLE           false
#define UNSEEN_FORWARD         unseen[0]
#define UNSEEN_REVERSED        unseen[1]

/* `other` began later, or at the same time. */
static void join_views(struct flow_view *view, const struct flow_view *other)
{
	const bool turned = !starts_alike(view, other);
	const bool unseen[2] = {view->packets[0] == 0, view->packets[1] == 0};

#define JOIN(name, pen, element, type, member, side, when, join, meaning)                          \
	JOIN_##join(FLOW_FIELD(view, member, side), OTHER_##side(other->member), UNSEEN_##side);
	FLOW_FIELDS(JOIN)
#undef JOIN
	/* Neither piece alone shows that both sides have closed. */
	if (view->protocol == PROTOCOL_TCP &&
	    (view->tcp_flags[0] & view->tcp_flags[1] & TCP_FIN) != 0)
		view->end = FLOW_END_CLOSED;
}

void split_join(struct split_record *record, const struct split_record *other)
{
	if (other->view.first < record->view.first) {
		struct flow_view later = record->view;

		record->view = other->view;
		join_views(&record->view, &later);
	} else {
		join_views(&record->view, &other->view);
	}
	if (record->cut == 0 || (other->cut != 0 && other->cut_at < record->cut_at))
		record->cut_at = other->cut_at;
	record->cut |= other->cut;
	record->workers |= other->workers;
	record->pieces += other->pieces;
}
