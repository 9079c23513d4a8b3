/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_XDP_TRIAL_H
#define WEIR_XDP_TRIAL_H

/*
 * Would AF_XDP work on interface `index`? Makes an AF_XDP socket, loads an XDP program that
 * passes everything, attaches it and takes it off again: what the AF_XDP driver does only
 * when its queue is set up, too late for choosing another one. (Setting up and closing a real
 * port would do as well, but after it the kernel keeps the queue busy for a while.)
 * 0, or negative errno and the refused step in words.
 */
int xdp_trial(unsigned int index, const char **step);

#endif
