/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_WORKER_REST_H
#define WEIR_WORKER_REST_H

#include <stdint.h>

#include <weir/worker.h>

/*
 * Give the core away for a moment, as struct worker_rest allows it: no frame has come for `idle`
 * ns. The longer that is, the longer the rest, so that traffic with short gaps is polled for and
 * an idle worker costs next to nothing. Returns at the latest after REST_LONGEST_NS; the caller
 * does its housekeeping between two rests.
 */
#define REST_LONGEST_NS (UINT64_C(100) * 1000 * 1000)
void rest(const struct worker_rest *rest, uint64_t idle);

#endif
