/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_XDP_LOG_H
#define WEIR_XDP_LOG_H

/* What libxdp would print goes to the log, at level debug: what fails comes as an error code. */
void xdp_log_quietly(void);

#endif
