#!/usr/bin/env bash
# The Azure CLI in a cloud of its own, which is the embedded service: signs in as the application, reads and changes with
# `az rest`, and is told Graph's errors. Prints a line for each case. PYTHON is the one that the CLI is installed for.
set -euo pipefail
place=$1
said() {
    "$PYTHON" -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$place/ready.json" "$1"
}
az() {
    "$PYTHON" -m azure.cli "$@"
}
graph=$(said graph)
# Nothing of whoever runs this is meant, and nothing is asked of anybody else.
export AZURE_CONFIG_DIR=$place/az REQUESTS_CA_BUNDLE=$place/tls/ca.pem PYTHONWARNINGS=ignore PYTHONDONTWRITEBYTECODE=1
export AZURE_CORE_COLLECT_TELEMETRY=false AZURE_CORE_INSTANCE_DISCOVERY=false AZURE_CORE_ONLY_SHOW_ERRORS=true

az cloud register --name mfactl --skip-endpoint-discovery --endpoint-active-directory "$graph" \
    --endpoint-resource-manager "$graph" --endpoint-management "$graph" \
    --endpoint-active-directory-resource-id "$graph" --endpoint-active-directory-graph-resource-id "$graph" \
    --endpoint-microsoft-graph-resource-id "$graph/"
az cloud set --name mfactl
az login --service-principal --username "$(said client_id)" --password="$(said client_secret)" \
    --tenant "$(said tenant)" --allow-no-subscriptions --output none
echo "ok az: signs in as the application"

own=$graph/v1.0/users/bas@contoso.example/authentication
address=$(az rest --method post --url "$own/emailMethods" --resource "$graph" \
    --body '{"emailAddress": "bas@home.example"}' --query emailAddress --output tsv)
[ "$address" = bas@home.example ] || { echo "added $address"; exit 1; }
kinds=$(az rest --url "$own/methods" --resource "$graph" --query 'value[]."@odata.type"' --output tsv)
case $kinds in
    *emailAuthenticationMethod*) echo "ok az: rest adds and lists" ;;
    *) echo "listed $kinds"; exit 1 ;;
esac

if refused=$(az rest --url "$graph/v1.0/users/nobody@contoso.example" --resource "$graph" 2>&1); then
    echo "nobody was found"
    exit 1
fi
case $refused in
    *"Not Found"*Request_ResourceNotFound*) echo "ok az: rest tells errors" ;;
    *) echo "$refused"; exit 1 ;;
esac
