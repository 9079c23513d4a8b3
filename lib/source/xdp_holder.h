/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_XDP_HOLDER_H
#define WEIR_SOURCE_XDP_HOLDER_H

#include <stddef.h>
#include <stdint.h>

/*
 * The process that holds BPF program `program`, itself or by a link: ", by NAME (process N)" into
 * `text`, "" if none can be seen: the program may be held by its attachment alone.
 */
const char *xdp_holder(uint32_t program, char *text, size_t size);

#endif
