package arch

import (
	"slices"
	"strings"
)

// families says which exported symbols make a plug-in of which family. All of
// a row's symbols must be there; "*" stands for any text. A family with
// several generations of entry points has several rows. Each row names where
// the entry points are defined. Only names that nothing else would export by
// chance are evidence, so families entered through a plain "main", "init" or
// "load" are not here.
var families = []struct {
	family  string
	symbols []string
	source  string
}{
	// Sound
	{"LADSPA", []string{"ladspa_descriptor"}, "ladspa.h"},
	{"DSSI", []string{"dssi_descriptor"}, "dssi.h"},
	{"LV2", []string{"lv2_descriptor"}, "lv2/core/lv2.h"},
	{"LV2", []string{"lv2_lib_descriptor"}, "lv2/core/lv2.h"},
	{"LV2 UI", []string{"lv2ui_descriptor"}, "lv2/ui/ui.h"},
	{"VST2", []string{"VSTPluginMain"}, "VST 2.4 SDK"},
	{"VST2", []string{"main_macho"}, "VST 2.3 SDK, Mach-O bundles"},
	{"VST3", []string{"GetPluginFactory"}, "pluginterfaces/base/ipluginbase.h"},
	{"CLAP", []string{"clap_entry"}, "clap/entry.h"},
	{"Vamp", []string{"vampGetPluginDescriptor"}, "vamp/vamp.h"},
	{"SPA", []string{"spa_handle_factory_enum"}, "spa/support/plugin.h"},
	{"PipeWire module", []string{"pipewire__module_init"}, "pipewire/impl-module.h"},
	{"PulseAudio module", []string{"pa__init"}, "pulsecore/module.h"},
	{"JACK internal client", []string{"jack_initialize", "jack_finish"}, "jack/intclient.h"},
	{"ALSA PCM", []string{"_snd_pcm_*_open"}, "alsa/pcm_external.h"},
	{"ALSA control", []string{"_snd_ctl_*_open"}, "alsa/control_external.h"},

	// Pictures and film
	{"frei0r", []string{"f0r_init", "f0r_get_plugin_info"}, "frei0r.h"},
	{"GStreamer", []string{"gst_plugin_*_get_desc"}, "gst/gstplugin.h, from 1.14"},
	{"GStreamer", []string{"gst_plugin_desc"}, "gst/gstplugin.h, before 1.14"},
	{"OpenFX", []string{"OfxGetPlugin", "OfxGetNumberOfPlugins"}, "ofxCore.h"},
	{"VapourSynth", []string{"VapourSynthPluginInit"}, "VapourSynth.h"},
	{"VapourSynth", []string{"VapourSynthPluginInit2"}, "VapourSynth4.h"},
	{"AviSynth", []string{"AvisynthPluginInit3"}, "avisynth.h"},
	{"OBS module", []string{"obs_module_load"}, "obs-module.h"},
	{"VLC", []string{"vlc_entry*"}, "vlc_plugin.h"},
	{"SANE backend", []string{"sane_init", "sane_get_devices"}, "sane/sane.h"},
	{"gdk-pixbuf loader", []string{"fill_vtable", "fill_info"}, "gdk-pixbuf-io.h"},
	{"Vulkan driver", []string{"vk_icdGetInstanceProcAddr"}, "vulkan/vk_icd.h"},
	{"OpenCL driver", []string{"clIcdGetPlatformIDsKHR"}, "cl_khr_icd"},
	{"VA-API driver", []string{"__vaDriverInit_*"}, "va/va_backend.h"},
	{"VDPAU driver", []string{"vdp_imp_device_create"}, "vdpau_x11.h"},

	// Applications
	{"X-Plane", []string{"XPluginStart", "XPluginStop", "XPluginEnable", "XPluginDisable", "XPluginReceiveMessage"}, "XPLM SDK"},
	{"FMI 2", []string{"fmi2Instantiate", "fmi2DoStep"}, "fmi2Functions.h"},
	{"FMI 2", []string{"fmi2Instantiate", "fmi2NewDiscreteStates"}, "fmi2Functions.h"},
	{"FMI 3", []string{"fmi3GetVersion"}, "fmi3Functions.h"},
	{"NPAPI", []string{"NP_Initialize", "NP_Shutdown"}, "npfunctions.h"},
	{"Qt plug-in", []string{"qt_plugin_instance"}, "qplugin.h"},
	{"GIO module", []string{"g_io_*_load", "g_io_*_unload"}, "gio/giomodule.h"},
	{"WeeChat", []string{"weechat_plugin_init"}, "weechat-plugin.h"},
	{"Pidgin", []string{"purple_init_plugin"}, "libpurple/plugin.h"},
	{"Wireshark", []string{"plugin_want_major", "plugin_register"}, "Wireshark README.plugins"},
	{"GCC plug-in", []string{"plugin_is_GPL_compatible", "plugin_init"}, "gcc-plugin.h"},
	{"LLVM pass", []string{"llvmGetPassPluginInfo"}, "llvm/Passes/PassPlugin.h"},

	// Languages and servers
	{"Python extension", []string{"PyInit_*"}, "Python/C API, module initialisation"},
	{"Lua module", []string{"luaopen_*"}, "Lua reference manual, package.loadlib"},
	{"Node.js addon", []string{"napi_register_module_v*"}, "node_api.h"},
	{"Node.js addon", []string{"node_register_module_v*"}, "node.h"},
	{"JNI library", []string{"JNI_OnLoad"}, "Java Native Interface, invocation"},
	{"Erlang NIF", []string{"nif_init"}, "erl_nif.h"},
	{"PostgreSQL", []string{"Pg_magic_func"}, "fmgr.h"},
	{"SQLite extension", []string{"sqlite3_*_init"}, "SQLite, run-time loadable extensions"},
	{"MariaDB/MySQL", []string{"_mysql_plugin_interface_version_"}, "mysql/plugin.h"},
	{"Redis module", []string{"RedisModule_OnLoad"}, "redismodule.h"},
	{"nginx module", []string{"ngx_modules", "ngx_module_names"}, "ngx_module.c"},

	// Systems
	{"PAM", []string{"pam_sm_authenticate", "pam_sm_setcred"}, "security/pam_modules.h"},
	{"PAM", []string{"pam_sm_acct_mgmt"}, "security/pam_modules.h"},
	{"PAM", []string{"pam_sm_open_session", "pam_sm_close_session"}, "security/pam_modules.h"},
	{"PAM", []string{"pam_sm_chauthtok"}, "security/pam_modules.h"},
	{"NSS", []string{"_nss_*_r"}, "glibc manual, name service switch"},
	{"PKCS #11", []string{"C_GetFunctionList"}, "PKCS #11, section 5.4"},
	{"OpenSSL provider", []string{"OSSL_provider_init"}, "openssl/core.h"},
	{"COM server", []string{"DllGetClassObject", "DllCanUnloadNow"}, "combaseapi.h"},
}

// Families names the plug-in families whose entry points are among the sorted
// exported symbols. It is a guess by name; loading the plug-in tells.
func Families(exports []string) []string {
	var found []string
	for _, f := range families {
		all := !slices.ContainsFunc(f.symbols, func(pattern string) bool { return !hasMatch(exports, pattern) })
		if all && !slices.Contains(found, f.family) {
			found = append(found, f.family)
		}
	}
	return found
}

// hasMatch says whether one of the sorted names is pattern, in which one "*"
// stands for any text.
func hasMatch(names []string, pattern string) bool {
	prefix, suffix, glob := strings.Cut(pattern, "*")
	i, exact := slices.BinarySearch(names, prefix)
	if !glob {
		return exact
	}
	for ; i < len(names) && strings.HasPrefix(names[i], prefix); i++ {
		if len(names[i]) >= len(prefix)+len(suffix) && strings.HasSuffix(names[i], suffix) {
			return true
		}
	}
	return false
}
