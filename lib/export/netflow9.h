/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_NETFLOW9_H
#define WEIR_EXPORT_NETFLOW9_H

#include "template_encoder.h"

/* NetFlow v9, RFC 3954: each direction a record of its own, in the fields that it shares with
 * IPFIX. */
extern const struct dialect netflow9;

#endif
