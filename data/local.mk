# What is installed beside the programs, and what shows how to use them.

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/enjamb.pc
