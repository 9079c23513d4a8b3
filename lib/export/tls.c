/* SPDX-License-Identifier: BSD-3-Clause */
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "socket_connect.h"

#define READS_MAX 64 /* as of socket_sender.c */

struct tls {
	SSL_CTX *context;
	SSL *session; /* NULL: there is none */
	char name[256], host[256];
};

/* ---- what goes wrong ---- */

/* What OpenSSL says first, of the cause, as people can read it; what follows is who heard of it. */
static const char *reason(void)
{
	unsigned long code = ERR_peek_error();
	const char *text = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						  : ERR_reason_error_string(code);

	ERR_clear_error();
	return text != NULL ? text : "no more is known";
}

/* What stood in the way of a session, from the call's result. A positive errno with the line. */
static int failed(const struct tls *tls, int why, int system, struct error *error)
{
	long verified = SSL_get_verify_result(tls->session);

	if (verified != X509_V_OK && SSL_get_verify_mode(tls->session) != SSL_VERIFY_NONE)
		return -error_set(error, EKEYREJECTED,
				  "%s: its certificate is no good: %s; see to it, or name whom to "
				  "trust by ca=",
				  tls->name, X509_verify_cert_error_string(verified));
	if (why == SSL_ERROR_SYSCALL && system != 0)
		return -error_set(error, system, "%s: %s; it is tried again", tls->name,
				  strerror(system));
	if (why != SSL_ERROR_SSL)
		return -error_set(error, ECONNRESET,
				  "%s: it ended the connection; it is tried again", tls->name);
	return -error_set(error, EPROTO, "%s: TLS: %s; it is tried again", tls->name, reason());
}

/* ---- whom to trust, and who weir is ---- */

static int unread(const char *setting, const char *file, struct error *error)
{
	return error_set(error, EINVAL, "%s=%s: cannot be read: %s; check the file", setting, file,
			 reason());
}

static int set_trust(SSL_CTX *context, const struct socket_options *options, struct error *error)
{
	SSL_CTX_set_verify(context, options->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (options->ca != NULL && SSL_CTX_load_verify_file(context, options->ca) != 1)
		return unread("ca", options->ca, error);
	if (options->ca == NULL)
		SSL_CTX_set_default_verify_paths(context);
	return 0;
}

static int set_identity(SSL_CTX *context, const struct socket_options *options, struct error *error)
{
	const char *key = options->key != NULL ? options->key : options->certificate;

	if (options->certificate == NULL)
		return options->key == NULL ? 0
					    : error_set(error, EINVAL,
							"key=%s: belongs to a certificate; give "
							"cert=FILE, too",
							options->key);
	if (SSL_CTX_use_certificate_chain_file(context, options->certificate) != 1)
		return unread("cert", options->certificate, error);
	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
		return unread("key", key, error);
	return 0;
}

int tls_create(const struct socket_options *options, const char *name, const char *host,
	       struct tls **made, struct error *error)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int result = 0;

	*made = NULL;
	if (tls != NULL)
		tls->context = SSL_CTX_new(TLS_client_method());
	if (tls == NULL || tls->context == NULL) {
		free(tls);
		return error_set(error, ENOMEM, "no memory for TLS; free some");
	}
	snprintf(tls->name, sizeof(tls->name), "%s", name);
	snprintf(tls->host, sizeof(tls->host), "%s", host);
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
	/* A part of a message may leave, and the rest of it from the same place. */
	SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE);
	result = set_trust(tls->context, options, error);
	if (result == 0)
		result = set_identity(tls->context, options, error);
	if (result == 0)
		*made = tls;
	else
		tls_destroy(tls);
	return result;
}

void tls_destroy(struct tls *tls)
{
	if (tls == NULL)
		return;
	tls_end(tls);
	SSL_CTX_free(tls->context);
	free(tls);
}

/* ---- a session ---- */

static bool is_address(const char *host)
{
	struct in6_addr bits;

	return inet_pton(AF_INET, host, &bits) == 1 || inet_pton(AF_INET6, host, &bits) == 1;
}

/* The name to ask for, and to find in the certificate. */
static bool expect_host(const struct tls *tls)
{
	if (is_address(tls->host))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls->session), tls->host) == 1;
	return SSL_set_tlsext_host_name(tls->session, tls->host) == 1 &&
	       SSL_set1_host(tls->session, tls->host) == 1;
}

/*
 * A call has not done all that it should, and said `result`: until it is worth calling again, 0; or
 * a positive errno with the line, ECANCELED without.
 */
static int await(struct tls *tls, int result, int wake, int timeout_ms, struct error *error)
{
	int system = errno, why = SSL_get_error(tls->session, result), code;

	if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
		return failed(tls, why, system, error);
	code = socket_wait(SSL_get_fd(tls->session), why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT,
			   wake, timeout_ms);
	if (code == ETIMEDOUT)
		error_set(error, code,
			  "%s: no TLS is spoken there, or too slowly; it is tried again",
			  tls->name);
	return code;
}

int tls_begin(struct tls *tls, int socket, int wake, struct error *error)
{
	int result, code = 0;

	tls->session = SSL_new(tls->context);
	if (tls->session == NULL || SSL_set_fd(tls->session, socket) != 1 || !expect_host(tls)) {
		tls_end(tls);
		return -error_set(error, ENOMEM, "%s: no memory for TLS; free some", tls->name);
	}
	while (code == 0 && (result = SSL_connect(tls->session)) != 1)
		code = await(tls, result, wake, CONNECT_WITHIN_MS, error);
	if (code != 0)
		tls_end(tls);
	return code;
}

void tls_end(struct tls *tls)
{
	if (tls->session == NULL)
		return;
	if (SSL_is_init_finished(tls->session))
		(void)SSL_shutdown(tls->session); /* says so, and does not wait for the answer */
	SSL_free(tls->session);
	tls->session = NULL;
	ERR_clear_error();
}

int tls_write(struct tls *tls, const char *bytes, size_t size, size_t *done, int wake,
	      struct error *error)
{
	int result = SSL_write(tls->session, bytes, size < INT32_MAX ? (int)size : INT32_MAX);

	*done = result > 0 ? (size_t)result : 0;
	return result > 0 ? 0 : await(tls, result, wake, -1, error);
}

int tls_look(struct tls *tls, struct error *error)
{
	char bytes[4096];
	int result = 1, why, system;

	for (int reads = 0; result > 0 && reads < READS_MAX; reads++)
		result = SSL_read(tls->session, bytes, sizeof(bytes));
	if (result > 0)
		return 0;
	system = errno;
	why = SSL_get_error(tls->session, result);
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 0;
	return why == SSL_ERROR_ZERO_RETURN ? EPIPE : failed(tls, why, system, error);
}
