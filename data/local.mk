# What is installed beside the programs, and what shows how to use them.

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/enjamb.pc

# Made here and not by configure, where $(sbindir) still holds ${exec_prefix}.
systemdsystemunitdir = $(prefix)/lib/systemd/system
systemdsystemunit_DATA = %D%/enjamb.service
CLEANFILES += %D%/enjamb.service
EXTRA_DIST += %D%/enjamb.service.in %D%/enjamb.sysusers
EXTRA_DIST += %D%/enjamb.conf
EXTRA_DIST += %D%/examples/echo.c
dist_man_MANS += %D%/enjamb.8 %D%/enjamb.conf.5
dist_man_MANS += %D%/libenjamb.3
EXTRA_DIST += %D%/prosody-component.cfg.lua
EXTRA_DIST += %D%/quickstart

%D%/enjamb.service: %D%/enjamb.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|g' -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	  $(top_srcdir)/%D%/enjamb.service.in > $@.tmp && mv $@.tmp $@

sysusersdir = $(prefix)/lib/sysusers.d
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)'
	$(INSTALL_DATA) $(top_srcdir)/%D%/enjamb.sysusers '$(DESTDIR)$(sysusersdir)/enjamb.conf'
uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/enjamb.conf'
