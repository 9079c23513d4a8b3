/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/export_url.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static int hex_of(char digit)
{
	return isdigit((unsigned char)digit)    ? digit - '0'
	       : isxdigit((unsigned char)digit) ? tolower((unsigned char)digit) - 'a' + 10
						: -1;
}

/* In place. */
static int decode(char *text, struct error *error)
{
	char *out = text;

	for (const char *in = text; *in != '\0'; in++) {
		if (*in == '%') {
			int high = hex_of(in[1]), low = high < 0 ? -1 : hex_of(in[2]);

			if (low < 0 || high + low == 0)
				return error_set(error, EINVAL,
						 "\"%.3s\": not an octet as %%20 is; write %%25 "
						 "for the sign itself",
						 in);
			*out++ = (char)(high << 4 | low);
			in += 2;
		} else {
			*out++ = *in;
		}
	}
	*out = '\0';
	return 0;
}

/* ---- SCHEME: ---- */

static int take_scheme(char **rest, struct export_url *url, struct error *error)
{
	char *end = *rest + strcspn(*rest, ":/?");
	const char *plus;

	if (*end != ':' || end == *rest)
		return error_set(error, EINVAL,
				 "no scheme in front; write ipfix+udp://HOST or the like");
	*end = '\0';
	url->scheme = *rest;
	plus = strchr(url->scheme, '+');
	url->transport = plus != NULL ? plus + 1 : "";
	*rest = end + 1;
	return 0;
}

/* ---- //HOST[:PORT],... ---- */

static int take_port(const char *text, struct export_host *host, struct error *error)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (!isdigit((unsigned char)text[0]) || *end != '\0' || port == 0 || port > UINT16_MAX)
		return error_set(error, EINVAL,
				 "%s: \"%.40s\" is no port from 1 to 65535; give one", host->name,
				 text);
	host->port = (uint16_t)port;
	return 0;
}

/* [ADDRESS] or [ADDRESS%25ZONE]; what follows is at *port. */
static int take_literal(char *text, struct export_host *host, char **port, struct error *error)
{
	char *end = strchr(text, ']');
	char address[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
	struct in6_addr bits;
	int result;

	if (end == NULL)
		return error_set(error, EINVAL, "%s: a bracket is missing; write [2001:db8::1]",
				 text);
	*end = '\0';
	host->name = text + 1;
	result = decode(text + 1, error);
	if (result != 0)
		return result;
	if (strlen(host->name) < sizeof(address)) {
		strcpy(address, host->name);
		address[strcspn(address, "%")] = '\0';
	}
	if (strlen(host->name) >= sizeof(address) || inet_pton(AF_INET6, address, &bits) != 1)
		return error_set(error, EINVAL, "[%.80s]: not an IPv6 address; write [2001:db8::1]",
				 host->name);
	*port = end + 1;
	return 0;
}

static int take_name(char *text, struct export_host *host, char **port, struct error *error)
{
	*port = strchrnul(text, ':');
	if (strchr(*port + (**port == ':'), ':') != NULL)
		return error_set(error, EINVAL, "%.80s: write an IPv6 address in brackets: [%.80s]",
				 text, text);
	for (const char *at = text; at < *port; at++)
		if (!isalnum((unsigned char)*at) && strchr("-._", *at) == NULL)
			return error_set(error, EINVAL,
					 "%.80s: \"%c\" is in no host's name; write HOST:PORT",
					 text, *at);
	host->name = text;
	return 0;
}

static int take_host(char *text, struct export_url *url, struct error *error)
{
	struct export_host *host = &url->hosts[url->host_count];
	char *port = text;
	int result;

	if (url->host_count == EXPORT_HOSTS_MAX)
		return error_set(error, EINVAL, "more than %d hosts; name fewer", EXPORT_HOSTS_MAX);
	result = *text == '[' ? take_literal(text, host, &port, error)
			      : take_name(text, host, &port, error);
	if (result != 0)
		return result;
	if (*port != '\0' && *port != ':')
		return error_set(error, EINVAL, "\"%.40s\" behind %.80s: write [ADDRESS]:PORT",
				 port, host->name);
	if (*port == ':') {
		*port = '\0';
		result = take_port(port + 1, host, error);
	}
	if (result == 0 && *host->name == '\0')
		result = error_set(error, EINVAL, "a host without a name; write HOST:PORT");
	url->host_count++;
	return result;
}

static int take_hosts(char *text, struct export_url *url, struct error *error)
{
	int result = 0;

	if (strchr(text, '@') != NULL)
		return error_set(error, EINVAL,
				 "\"@\": what is secret does not belong in front of a host, where "
				 "all can see it; leave it out");
	while (result == 0 && text != NULL)
		result = take_host(strsep(&text, ","), url, error);
	return result;
}

/* ---- ?NAME=VALUE&... ---- */

static int take_setting(char *text, struct export_url *url, struct error *error)
{
	struct export_setting *setting = &url->settings[url->setting_count];
	char *value = strchr(text, '=');
	int result;

	if (value == NULL || value == text)
		return error_set(error, EINVAL, "\"%.80s\" behind \"?\" or \"&\": write NAME=VALUE",
				 text);
	if (url->setting_count == EXPORT_SETTINGS_MAX)
		return error_set(error, EINVAL, "more than %d settings; give fewer",
				 EXPORT_SETTINGS_MAX);
	*value++ = '\0';
	result = decode(value, error);
	for (uint32_t i = 0; result == 0 && i < url->setting_count; i++)
		if (strcmp(url->settings[i].name, text) == 0)
			result =
				error_set(error, EINVAL, "%.80s: given twice; leave one out", text);
	*setting = (struct export_setting){text, value};
	url->setting_count++;
	return result;
}

int export_url_parse(const char *text, struct export_url *url, struct error *error)
{
	char *rest = url->text, *settings, *path = NULL;
	int result;

	*url = (struct export_url){.path = ""};
	if (strlen(text) >= sizeof(url->text))
		return error_set(error, EINVAL, "longer than %d octets; shorten it",
				 EXPORT_URL_MAX);
	strcpy(url->text, text);
	settings = strchr(url->text, '?');
	if (settings != NULL)
		*settings++ = '\0';
	result = take_scheme(&rest, url, error);
	if (result == 0 && strncmp(rest, "//", 2) == 0) {
		path = strchr(rest + 2, '/');
		if (path != NULL)
			*path++ = '\0';
		result = take_hosts(rest + 2, url, error);
	} else if (result == 0 && *rest != '\0') {
		result = error_set(error, EINVAL,
				   "no \"//\" in front of \"%.80s\"; write %s://HOST, "
				   "or leave it out",
				   rest, url->scheme);
	}
	if (result == 0 && path != NULL) {
		url->path = path;
		result = decode(path, error);
	}
	while (result == 0 && settings != NULL)
		result = take_setting(strsep(&settings, "&"), url, error);
	return result;
}
