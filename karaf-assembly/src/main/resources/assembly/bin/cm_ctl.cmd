@echo off
rem Starts, stops and asks the conmgr of a conmgr directory: cm_ctl help. bin/cm_ctl for Windows. Tried under Wine only.
setlocal EnableExtensions DisableDelayedExpansion

for %%i in ("%~dp0..") do set "home=%%~fi"
if defined JAVA_HOME goto java_home
set "java=java.exe"
where /q java.exe
if not errorlevel 1 goto run
echo cm_ctl: no java: set JAVA_HOME, or have a JDK or JRE 17 on the PATH>&2
exit /b 1

:java_home
set "java=%JAVA_HOME%\bin\java.exe"
if exist "%java%" goto run
echo cm_ctl: JAVA_HOME: there is no "%java%">&2
exit /b 1

:run

set "classpath="
call :add_all "%home%\lib\cm_ctl"
call :add_versions "%home%\system\org\conmgr\org.conmgr.config"
call :add_versions "%home%\system\org\conmgr\org.conmgr.api"

"%java%" -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx32m ^
    -Dcm_ctl.home="%home%" -classpath "%classpath%" org.conmgr.cmctl.CmCtl %*
exit /b %ERRORLEVEL%

:add_versions
pushd "%~1"
for /d %%d in (*) do call :add_all "%%~fd"
popd
exit /b 0

:add_all
pushd "%~1"
for %%j in (*.jar) do call :add "%%~fj"
popd
exit /b 0

:add
if defined classpath set "classpath=%classpath%;"
set "classpath=%classpath%%~1"
exit /b 0
