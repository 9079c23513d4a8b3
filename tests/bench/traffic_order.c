/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>

#include "traffic.h"

/*
 * Walker's alias method: any distribution over n ranks as n columns of equal weight, each
 * shared by two ranks at most. A draw costs one column, however skewed the distribution.
 */
struct alias {
	float keep;     /* share of the column that is its own rank's */
	uint32_t other; /* whose the rest is */
};

/* Give what rank `poor` lacks of a full column to it from `rich`. */
static void alias_share(struct alias *alias, double *weight, uint32_t poor, uint32_t rich)
{
	alias[poor].keep = (float)weight[poor];
	alias[poor].other = rich;
	weight[rich] -= 1 - weight[poor];
}

/* `weight` has mean 1. Zipf's weights fall, so rich ranks come first and poor ones follow. */
static void alias_fill(struct alias *alias, double *weight, uint32_t n)
{
	uint32_t rich = 0, poor = 0;

	for (uint32_t i = 0; i < n; i++)
		alias[i] = (struct alias){1, i};
	while (poor < n && weight[poor] >= 1)
		poor++;
	for (uint32_t scan = poor; scan < n && rich < poor; scan++) {
		alias_share(alias, weight, scan, rich);
		/* A rich rank that has given too much is poor itself, and served by the next. */
		while (rich + 1 < poor && weight[rich] < 1) {
			alias_share(alias, weight, rich, rich + 1);
			rich++;
		}
	}
}

static struct alias *alias_zipf(uint32_t n, double exponent)
{
	struct alias *alias = malloc(n * sizeof(*alias));
	double *weight = malloc(n * sizeof(*weight));
	double sum = 0;

	if (alias == NULL || weight == NULL) {
		free(alias);
		free(weight);
		return NULL;
	}
	for (uint32_t i = 0; i < n; i++)
		sum += weight[i] = pow(i + 1.0, -exponent);
	for (uint32_t i = 0; i < n; i++)
		weight[i] *= n / sum;
	alias_fill(alias, weight, n);
	free(weight);
	return alias;
}

bool order_init(struct order *order, enum order_kind kind, uint64_t flows, uint64_t churn,
		double exponent)
{
	*order = (struct order){.kind = kind, .flows = flows, .churn = churn};
	if (kind == ORDER_ZIPF)
		order->alias = alias_zipf((uint32_t)flows, exponent);
	return kind != ORDER_ZIPF || order->alias != NULL;
}

void order_release(struct order *order)
{
	free(order->alias);
}

static uint64_t order_rank(struct order *order, struct prng *prng)
{
	const struct alias *column;
	uint32_t rank;

	switch (order->kind) {
	case ORDER_SEQUENTIAL:
		return order->next++ % order->flows;
	case ORDER_UNIFORM:
		return prng_below(prng, order->flows);
	case ORDER_ZIPF:
		break;
	}
	rank = (uint32_t)prng_below(prng, order->flows);
	column = &order->alias[rank];
	return prng_chance(prng, (double)column->keep) ? rank : column->other;
}

/*
 * The active flows are a ring of `flows` places, whose holders are replaced in turn: after
 * `retired` replacements place i is held by the newest flow number that is i modulo `flows`.
 * So a rank of Zipf keeps its weight when its flow is replaced.
 */
uint64_t order_next(struct order *order, struct prng *prng, uint64_t elapsed)
{
	uint64_t rank = order_rank(order, prng);
	uint64_t retired, rounds;

	if (order->churn == 0)
		return rank;
	retired = (uint64_t)((unsigned __int128)elapsed * order->churn / 1000000000);
	rounds = retired / order->flows + (rank < retired % order->flows);
	return rounds * order->flows + rank;
}
