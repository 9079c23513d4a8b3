/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_CLIENTS_SENDER_H
#define WEIR_EXPORT_CLIENTS_SENDER_H

#include <stdbool.h>
#include <stddef.h>

#include <weir/error.h>
#include <weir/sender.h>

#define CLIENTS_MAX 16

/*
 * Lines of JSON to whoever connects to a UNIX socket, from then on. Each client has all lines, or
 * loses some by itself: who takes a message in less than a tenth of a second is waited for, who
 * does not is given what fits, until it has caught up. Where a client's lines go on after a loss
 * stands one {"lost":N}. What at least one of them lost is lost, in the ledger; what nobody is
 * there for is sent.
 *
 * `patient`: the first client is waited for, and then each of them, as long as it is there: nothing
 * is lost. What clients say is not listened to. `longest`: octets of a line.
 *
 * Listens at once, in `directory`; the name of the socket there is put to `name`. 0, or negative
 * errno with the line.
 */
int clients_sender_open(const char *directory, size_t longest, bool patient, struct sender *sender,
			char *name, size_t size, struct error *error);

#endif
