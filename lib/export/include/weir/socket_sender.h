/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOCKET_SENDER_H
#define WEIR_SOCKET_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/export_url.h>
#include <weir/options.h>
#include <weir/sender.h>

/*
 * Messages to another host: as datagrams (UDP), or one behind the other (TCP, TLS 1.2 and later).
 *
 * The other end is looked for by name each time that a connection is made: when there is something
 * to send and none is there, because it was never made, it failed or the other end has closed it.
 * Each one is a new connection for the encoder (ERESTART). A message that was not wholly taken is
 * made anew, for the next one; what the kernel has taken counts as sent, and what of that was still
 * on its way when a connection broke is not known, and not sent again.
 *
 * UDP: a message that is longer than the way allows (EMSGSIZE) is lost, and counted. When a host
 * says that nobody listens there (ECONNREFUSED), that is a failure, and what comes then is sent
 * once there is somebody; the datagrams before it are gone and count as sent.
 */

/* What rows of a kind may fill: SOCKET_ROWS(type, member). */
struct socket_options {
	uint32_t send_buffer; /* SO_SNDBUF, octets; 0: as the kernel has it */
	const char *ca;       /* file of certificates that are trusted; NULL: those of the system */
	const char *certificate, *key; /* files; NULL: none */
	bool verify;                   /* who the other end is */
};

/* Rows for the settings of a kind, `type` being the struct that they fill. */
/* clang-format off */
#define SOCKET_VERIFY_CHOICES (const struct option_choice[]){{"yes", true}, {"no", false}, {0}}
#define SOCKET_ROWS(type_, member)                                                                 \
	{"send-buffer", "OCTETS", "of the socket (SO_SNDBUF)",                                     \
		.type = OPTION_NUMBER, OPTION_INTO(type_, member.send_buffer),                     \
		.low = 4096, .high = 1 << 30},                                                     \
	{"ca", "FILE", "TLS: certificates that are trusted, instead of the system's",              \
		.type = OPTION_TEXT, OPTION_INTO(type_, member.ca)},                               \
	{"cert", "FILE", "TLS: weir's own certificate, and those that vouch for it",               \
		.type = OPTION_TEXT, OPTION_INTO(type_, member.certificate)},                      \
	{"key", "FILE", "TLS: its key, where that is not in the same file",                        \
		.type = OPTION_TEXT, OPTION_INTO(type_, member.key)},                              \
	{"verify", NULL, "TLS: \"no\" sends to whoever answers",                                   \
		.type = OPTION_CHOICE, OPTION_INTO(type_, member.verify),                          \
		.choices = SOCKET_VERIFY_CHOICES, .usual = "yes"}
/* clang-format on */

/*
 * To the URL's first host, by its transport ("udp", "tcp", "tls"). `lines`: messages are lines, a
 * record each: of one that was taken in part only those that were not taken wholly are made anew.
 * Connects to nobody, but reads the files of TLS, whose options go with no other transport. 0, or
 * negative errno with the line.
 */
int socket_sender_open(const struct export_url *url, const struct socket_options *options,
		       bool lines, struct sender *sender, struct error *error);

#endif
