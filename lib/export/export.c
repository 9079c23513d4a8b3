/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/export_kind.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct export_kind *kind_of(const char *scheme)
{
	for (const struct export_kind *const *kind = export_kinds; *kind != NULL; kind++)
		for (const char *const *name = (*kind)->schemes; *name != NULL; name++)
			if (strcmp(*name, scheme) == 0)
				return *kind;
	return NULL;
}

/* Of a URL's text what tells it from others. */
static int name_length(const char *text)
{
	size_t length = strcspn(text, "?"), most = sizeof(((struct export_parts *)NULL)->name) - 1;

	return (int)(length < most ? length : most);
}

/* ---- what is wrong ---- */

static int no_such_kind(const struct export_url *url, struct error *error)
{
	char all[512];
	size_t used = 0;

	for (const struct export_kind *const *kind = export_kinds; *kind != NULL; kind++)
		for (const char *const *name = (*kind)->schemes; *name != NULL; name++)
			if (used < sizeof(all))
				used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
							 used == 0 ? "" : ", ", *name);
	return error_set(error, EINVAL, "%s: there is no such kind; use one of %s", url->scheme,
			 all);
}

static int check_hosts(const struct export_kind *kind, struct export_url *url, struct error *error)
{
	if (url->host_count < (kind->hosts > 0))
		return error_set(error, EINVAL, "no host; write %s://HOST%s", url->scheme,
				 kind->port == 0 ? ":PORT" : "");
	if (url->host_count > kind->hosts)
		return error_set(error, EINVAL, "%u hosts, where %u can be; %s", url->host_count,
				 kind->hosts,
				 kind->hosts > 0 ? "give --export for each" : "leave it out");
	for (uint32_t i = 0; i < url->host_count; i++) {
		if (url->hosts[i].port == 0)
			url->hosts[i].port = kind->port;
		if (url->hosts[i].port == 0)
			return error_set(error, EINVAL, "no port; write HOST:PORT");
	}
	return 0;
}

static int check_path(const struct export_kind *kind, const struct export_url *url,
		      struct error *error)
{
	if (kind->path == NULL && *url->path != '\0')
		return error_set(error, EINVAL, "/%.80s: there is no path; leave it out",
				 url->path);
	if (kind->path != NULL && *url->path == '\0')
		return error_set(error, EINVAL, "no %s; write %s://HOST/%s", kind->path,
				 url->scheme, kind->path);
	return 0;
}

static int take_settings(const struct export_kind *kind, const struct export_url *url,
			 void *settings, struct error *error)
{
	struct error what;
	int result = options_take_defaults(&kind->settings, settings, error);

	for (uint32_t i = 0; result == 0 && i < url->setting_count; i++) {
		const struct export_setting *setting = &url->settings[i];

		result = options_take(&kind->settings, setting->name, setting->value, settings,
				      &what);
		if (result == -ENOENT)
			result = error_set(error, EINVAL,
					   "%s: has no setting \"%.40s\"; see weir(8)", url->scheme,
					   setting->name);
		else if (result != 0) /* without the dashes of an option */
			error_set(error, -result, "%s", what.text + strspn(what.text, "-"));
	}
	return result;
}

/* ---- from text to kind and settings, which the caller frees ---- */

static int read_url(const char *text, struct export_url *url, const struct export_kind **kind,
		    void **settings, struct error *error)
{
	int result = export_url_parse(text, url, error);

	*settings = NULL;
	if (result != 0)
		return result;
	*kind = kind_of(url->scheme);
	if (*kind == NULL)
		return no_such_kind(url, error);
	if ((*kind)->missing != NULL)
		return error_set(error, EINVAL,
				 "this weir was built without %s; build it with that, or use "
				 "another kind",
				 (*kind)->missing);
	result = check_hosts(*kind, url, error);
	if (result == 0)
		result = check_path(*kind, url, error);
	if (result != 0)
		return result;
	*settings = malloc((*kind)->settings.size);
	return *settings == NULL ? error_set(error, ENOMEM, "no memory; free some")
				 : take_settings(*kind, url, *settings, error);
}

/* Which of the URLs it is about, without its settings: some may be secret. */
static int wrong(const char *text, const struct error *what, int result, struct error *error)
{
	return error_set(error, -result, "--export %.*s: %s", name_length(text), text, what->text);
}

int export_check(const char *text, struct error *error)
{
	const struct export_kind *kind;
	struct export_url url;
	struct error what;
	void *settings;
	int result = read_url(text, &url, &kind, &settings, &what);

	free(settings);
	return result == 0 ? 0 : wrong(text, &what, result, error);
}

int export_open(const char *text, const struct export_environment *environment,
		struct export_parts *parts, struct error *error)
{
	const struct export_kind *kind;
	struct export_url url;
	struct error what;
	void *settings;
	int result = read_url(text, &url, &kind, &settings, &what);

	*parts = (struct export_parts){.linger = 0};
	if (result == 0) {
		parts->buffer = ((const struct export_common *)settings)->buffer;
		snprintf(parts->name, sizeof(parts->name), "%.*s", name_length(text), text);
		result = kind->open(&url, settings, environment, parts, &what);
	}
	free(settings);
	return result == 0 ? 0 : wrong(text, &what, result, error);
}
