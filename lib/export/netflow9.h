/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_NETFLOW9_H
#define WEIR_EXPORT_NETFLOW9_H

#include <weir/clock.h>

#include "template_encoder.h"

/* NetFlow v9, RFC 3954: each direction a record of its own, in the fields that it shares with
 * IPFIX. */
extern const struct dialect netflow9;

/*
 * Times in a message are of 32 bits, in ms, from 40 days before its first flow on: so flows of a
 * capture that are further apart are in several (`period` of struct outlet_settings).
 */
#define NETFLOW9_PERIOD (UINT64_C(7) * 86400 * CLOCK_SECOND)

#endif
