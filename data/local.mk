# What is installed beside the programs, and what shows how to use them.

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/enjamb.pc

# Made here and not by configure, where $(sbindir) still holds ${exec_prefix}.
data_made = %D%/enjamb.service %D%/enjamb.tmpfiles %D%/certbot-hook
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdsystemunit_DATA = %D%/enjamb.service
pkgdata_SCRIPTS = %D%/certbot-hook
dist_pkgdata_DATA = %D%/grafana-dashboard.json
doc_DATA = README
examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/enjamb.conf %D%/prosody-component.cfg.lua %D%/examples/echo.c
noinst_DATA = %D%/enjamb.tmpfiles
CLEANFILES += $(data_made)
EXTRA_DIST += %D%/enjamb.service.in %D%/enjamb.tmpfiles.in %D%/certbot-hook.in %D%/enjamb.sysusers
dist_man_MANS += %D%/enjamb.8 %D%/enjamb.conf.5
dist_man_MANS += %D%/enjambctl.1 %D%/libenjamb.3
EXTRA_DIST += %D%/quickstart

# bash looks for it by the name of the program.
bashcompletionsdir = $(datadir)/bash-completion/completions
dist_bashcompletions_DATA = %D%/completion/enjambctl

# The interface, as introspection tells it, and as it is compiled in.
dbusinterfacesdir = $(datadir)/dbus-1/interfaces
dist_dbusinterfaces_DATA = %D%/org.enjamb.Control1.xml
BUILT_SOURCES += %D%/control-interface.h
CLEANFILES += %D%/control-interface.h
%D%/control-interface.h: %D%/org.enjamb.Control1.xml
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	{ echo 'static const char control_interface[] ='; \
	  $(SED) -e 's/[\\"]/\\&/g' -e 's/^/  "/' -e 's/$$/\\n"/' \
	    $(top_srcdir)/%D%/org.enjamb.Control1.xml; \
	  echo '  ;'; } > $@.tmp && mv $@.tmp $@

$(data_made): Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	  -e 's|@pkgdatadir[@]|$(pkgdatadir)|g' $(top_srcdir)/$@.in > $@.tmp && mv $@.tmp $@
%D%/enjamb.service: %D%/enjamb.service.in
%D%/enjamb.tmpfiles: %D%/enjamb.tmpfiles.in
%D%/certbot-hook: %D%/certbot-hook.in

# A Debian package of this tree, in deb/.  Its dpkg-buildpackage is a make of its own.
debian = changelog control copyright enjamb.lintian-overrides enjamb.postinst enjamb.postrm \
  enjamb.prerm libenjamb-dev.install libenjamb-dev.lintian-overrides libenjamb0.install \
  libenjamb0.lintian-overrides not-installed rules source/format
EXTRA_DIST += $(debian:%=%D%/debian/%)
deb: dist
	rm -rf deb
	$(MKDIR_P) deb
	cp $(distdir).tar.xz deb/$(PACKAGE)_$(VERSION).orig.tar.xz
	cd deb && xz -dc $(PACKAGE)_$(VERSION).orig.tar.xz | tar xf - && \
	  cp -R $(distdir)/%D%/debian $(distdir)/debian
	cd deb/$(distdir) && unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES DESTDIR && \
	  dpkg-buildpackage -b -us -uc
clean-local:
	rm -rf deb
.PHONY: deb

# The configuration is whose machine it is: what is there stays.
confdir = $(sysconfdir)/enjamb
sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(top_srcdir)/%D%/enjamb.sysusers '$(DESTDIR)$(sysusersdir)/enjamb.conf'
	$(INSTALL_DATA) %D%/enjamb.tmpfiles '$(DESTDIR)$(tmpfilesdir)/enjamb.conf'
	$(INSTALL) -d -m 750 '$(DESTDIR)$(confdir)' '$(DESTDIR)$(confdir)/certs'
	test -e '$(DESTDIR)$(confdir)/enjamb.conf' || \
	  $(INSTALL_DATA) $(top_srcdir)/%D%/enjamb.conf '$(DESTDIR)$(confdir)/enjamb.conf'

# The user, its folders, and the unit made known, where it is installed to be used here at once.
install-data-hook:
	@if test -n '$(DESTDIR)'; then :; \
	elif test "`id -u`" = 0 && command -v systemd-sysusers > /dev/null && \
	    case '$(sysusersdir)' in /usr/lib/*|/usr/local/lib/*) true ;; *) false ;; esac; then \
	  systemd-sysusers '$(sysusersdir)/enjamb.conf' && \
	  systemd-tmpfiles --create '$(tmpfilesdir)/enjamb.conf' && \
	  { test ! -d /run/systemd/system || systemctl daemon-reload; } || exit; \
	  echo "Edit $(confdir)/enjamb.conf, then: systemctl enable --now enjamb"; \
	else \
	  echo "To run it as a service, make the user and group enjamb, and let that group alone"; \
	  echo "read $(confdir): chgrp -R enjamb $(confdir)"; \
	fi

uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/enjamb.conf' '$(DESTDIR)$(tmpfilesdir)/enjamb.conf'
	if cmp -s $(top_srcdir)/%D%/enjamb.conf '$(DESTDIR)$(confdir)/enjamb.conf'; then \
	  rm -f '$(DESTDIR)$(confdir)/enjamb.conf'; \
	fi
	-rmdir '$(DESTDIR)$(confdir)/certs' '$(DESTDIR)$(confdir)'
