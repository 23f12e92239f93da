#!/bin/sh
cd /opt/shop
git pull
docker volume rm shop_cache
docker compose up -d --build --remove-orphans
